import { EmulatedRepository, Signature } from '../github/EmulatedRepository';
import { Build } from '../registry/image';

const MAIN = 'src/main.ts';
const HOUR_MS = 3_600_000;

const PEOPLE = [
  { name: 'Ada Ahlgren', email: 'ada@example.com' },
  { name: 'Grit Hoppe', email: 'grit@example.com' },
];

// What the application's people did, over and over again.
const CHANGES = [
  'Greet by name',
  'Answer health checks while shutting down',
  'Log one line for each request',
  'Take the port from the environment (#14)',
  'Say what is wrong with a request, closes #17',
  'Keep connections open, as @grit asked for',
  'Measure how long a greeting takes',
];
const COMMITS_IN_VERSION = 3;

/** The repository that the demo service is built from. */
export class DemoApplication {
  readonly #repository: EmulatedRepository;
  readonly #url: string;
  #head?: string;
  #changes = 0;

  /** @param url - page of the repository */
  constructor(repository: EmulatedRepository, url: string) {
    this.#repository = repository;
    this.#url = url;
  }

  /** Commits what makes a version, and says what an image that is built from it says of itself. */
  async build(version: string, at: Date): Promise<Build> {
    let revision = '';
    for (let left = COMMITS_IN_VERSION; left > 0; left -= 1) {
      revision = await this.#commit(
        version,
        new Date(at.getTime() - left * HOUR_MS),
      );
    }
    await this.#repository.setBranch(this.#repository.branch, revision);
    return { createdAt: at.toISOString(), source: this.#url, revision };
  }

  async #commit(version: string, at: Date): Promise<string> {
    const message = CHANGES[this.#changes % CHANGES.length];
    const author: Signature = {
      ...PEOPLE[this.#changes % PEOPLE.length],
      date: at.toISOString(),
    };
    this.#changes += 1;
    const text = `// ${
      this.#changes
    }: ${message}\nexport const version = '${version}';\n`;
    this.#head = await this.#repository.createCommit({
      message,
      author,
      tree: await this.#repository.createTree({ [MAIN]: text }, this.#head),
      parents: this.#head ? [this.#head] : [],
    });
    return this.#head;
  }
}
