import {
  ApplicationCommits,
  ApplicationQuestion,
  applicationQuestion,
  CommitsBetween,
  MAX_APPLICATION_COMMITS,
  PinChange,
  repositoryLinks,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { TimeLimitError, within } from '../within';
import { Comparison } from '../github/comparison';
import { SourceRepositories } from '../github/SourceRepositories';
import { RegistryAnswers } from '../registry/RegistryAnswers';

// A person waits for it, and it is nice to know only.
const TIMEOUT_MS = 3_000;
// More are not read by anybody.
const MAX_PINS = 10;

/** Which commits of applications come with a promotion, by what their images say of themselves. */
export class ApplicationHistory {
  readonly #answers: Pick<RegistryAnswers, 'of'>;
  readonly #sources: Pick<SourceRepositories, 'find' | 'compare'>;
  readonly #timeoutMs: number;

  /** @param options.timeoutMs - in tests, another time than is given to one question */
  constructor(
    answers: Pick<RegistryAnswers, 'of'>,
    sources: Pick<SourceRepositories, 'find' | 'compare'>,
    options: { timeoutMs?: number } = {},
  ) {
    this.#answers = answers;
    this.#sources = sources;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  }

  /** Resolves soon and never rejects: what cannot be told is said to be unknown. */
  async commitsOf(changes: PinChange[]): Promise<ApplicationCommits[]> {
    const questions = changes
      .slice(0, MAX_PINS)
      .flatMap(
        change =>
          applicationQuestion(change, reference =>
            this.#answers.of(reference),
          ) ?? [],
      );
    return Promise.all(
      questions.map(async question =>
        'source' in question ? this.#ask(question) : question,
      ),
    );
  }

  async #ask(question: ApplicationQuestion): Promise<ApplicationCommits> {
    const { name } = question;
    try {
      return await within(
        this.#timeoutMs,
        new AbortController().signal,
        async () => this.#compare(question),
      );
    } catch (error) {
      const unknown =
        error instanceof TimeLimitError
          ? 'GitHub did not answer in time'
          : (error as Error).message;
      return { name, unknown };
    }
  }

  async #compare({
    name,
    source,
    before,
    after,
  }: ApplicationQuestion): Promise<ApplicationCommits> {
    const repository = this.#sources.find(source);
    if (!repository) {
      return {
        name,
        unknown: `${source} is no repository of a GitHub in integrations.github`,
      };
    }
    const forward = await this.#sources.compare(repository, before, after);
    // What the new version lacks is listed the other way round.
    const back =
      forward.behindBy > 0
        ? await this.#sources.compare(repository, after, before)
        : undefined;
    return {
      name,
      url: repositoryLinks.comparison(
        repository.url,
        ...(forward.aheadBy > 0
          ? ([before, after] as const)
          : ([after, before] as const)),
      ),
      added: toCommitsBetween(forward),
      removed: back && toCommitsBetween(back),
    };
  }
}

function toCommitsBetween({
  aheadBy,
  commits,
  complete,
}: Comparison): CommitsBetween {
  const changes = commits.filter(({ merge }) => !merge);
  return {
    count: complete ? changes.length : aheadBy,
    commits: changes
      .slice(0, MAX_APPLICATION_COMMITS)
      .map(({ merge: _, ...commit }) => commit),
  };
}
