import { isDeepStrictEqual } from 'node:util';
import {
  ImageFacts,
  parseImageReference,
  RegistryAnswer,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { UpstreamStore } from '../database/UpstreamStore';
import { Mirror, TakenEntries } from '../readmodel/Mirror';
import { Side } from '../readmodel/Side';

/** Which answers changed, for those who show them. */
export interface AnswersChange {
  /** As `imageReference` writes them. */
  references: string[];
  /** Whether this process wrote the change; of several processes one does. */
  own: boolean;
}

/** What an image says of itself, as it was read. */
export interface Described {
  /** As `imageReference` writes it. */
  reference: string;
  digest: string;
  facts: ImageFacts;
}

// What the database has for an image. It keeps a row for each key that there ever was, so that a key is an image and not
// each of its versions.
interface KeptImage {
  answers: Readonly<Record<string, RegistryAnswer>>;
  /** What its versions say of themselves, the last that was read last. */
  described: readonly Omit<Described, 'reference'>[];
}

const NONE: KeptImage = { answers: {}, described: [] };

// Of versions that are no longer pinned so many are remembered, as one that comes back need not be read again.
const REMEMBERED_DIGESTS = 20;

/** What registries last said of the images that overlays pin. An answer stays the same object until it changes. */
export class RegistryAnswers {
  readonly mirror: Mirror;
  readonly #listeners: ((change: AnswersChange) => void)[] = [];
  readonly #kept = new Map<string, KeptImage>();
  readonly #answers = new Map<string, RegistryAnswer>();

  constructor(store: UpstreamStore) {
    this.mirror = new Mirror({
      upstream: 'images',
      // How fresh an answer is, each says for itself: it is unknown where it could not be checked again.
      side: new Side(Infinity),
      store,
      take: taken => this.#take(taken),
    });
  }

  /** The images that there is an answer for. */
  get references(): string[] {
    return [...this.#answers.keys()];
  }

  /** What is known of an image, as `imageReference` writes it. */
  of(reference: string): RegistryAnswer | undefined {
    return this.#answers.get(reference);
  }

  /** Whether it is known what the image of a digest says of itself. */
  knows(reference: string, digest: string): boolean {
    const { image } = parseImageReference(reference);
    return (this.#kept.get(image) ?? NONE).described.some(
      known => known.digest === digest,
    );
  }

  /** Has a listener told of every change, whichever process made it. */
  onChange(listener: (change: AnswersChange) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Takes over answers; undefined for an image that nobody asks for any more.
   *
   * @param described - what images say of themselves that was not known
   */
  async update(
    answers: ReadonlyMap<string, RegistryAnswer | undefined>,
    described: readonly Described[] = [],
  ): Promise<void> {
    await this.mirror.write(() =>
      [...groupByImage(answers)].flatMap(([image, changes]) => {
        const before = this.#kept.get(image) ?? NONE;
        const after = keep(
          before,
          changes,
          described.filter(
            ({ reference }) => parseImageReference(reference).image === image,
          ),
        );
        const isNone =
          Object.keys(after.answers).length + after.described.length === 0;
        return isDeepStrictEqual(before, after)
          ? []
          : [{ key: image, value: isNone ? undefined : after }];
      }),
    );
  }

  #take({ entries, own, whole }: TakenEntries): void {
    const listed = new Set(entries.map(({ key }) => key));
    const gone = [...this.#kept.keys()]
      .filter(key => whole && !listed.has(key))
      .map(key => ({ key, value: undefined }));
    const references = [...gone, ...entries].flatMap(({ key, value }) => {
      const before = this.#kept.get(key) ?? NONE;
      const after = (value as KeptImage | undefined) ?? NONE;
      if (value === undefined) {
        this.#kept.delete(key);
      } else {
        this.#kept.set(key, after);
      }
      return [
        ...new Set([
          ...Object.keys(before.answers),
          ...Object.keys(after.answers),
        ]),
      ].filter(reference => this.#show(reference, after));
    });
    this.#listeners.forEach(listener => listener({ references, own }));
  }

  // Whether the answer is another one than before.
  #show(reference: string, { answers, described }: KeptImage): boolean {
    const before = this.#answers.get(reference);
    const after = Object.hasOwn(answers, reference)
      ? withFacts(answers[reference], described)
      : undefined;
    if (isDeepStrictEqual(before, after)) {
      return false;
    }
    if (after) {
      this.#answers.set(reference, after);
    } else {
      this.#answers.delete(reference);
    }
    return true;
  }
}

function keep(
  before: KeptImage,
  changes: Record<string, RegistryAnswer | undefined>,
  described: readonly Described[],
): KeptImage {
  const answers = Object.fromEntries(
    Object.entries({ ...before.answers, ...changes }).flatMap(
      ([reference, answer]) => (answer ? [[reference, answer]] : []),
    ),
  );
  const inUse = new Set(Object.values(answers).map(answer => digestOf(answer)));
  const all = [
    ...before.described,
    ...described.map(({ digest, facts }) => ({ digest, facts })),
  ];
  const unused = all.filter(({ digest }) => !inUse.has(digest));
  const forgotten = new Set(
    unused
      .slice(0, Math.max(0, unused.length - REMEMBERED_DIGESTS))
      .map(({ digest }) => digest),
  );
  return {
    answers,
    described: all.filter(
      ({ digest }, index) =>
        !forgotten.has(digest) &&
        // Two references may have been read at the same time.
        all.findIndex(other => other.digest === digest) === index,
    ),
  };
}

function withFacts(
  answer: RegistryAnswer,
  described: KeptImage['described'],
): RegistryAnswer {
  const digest = digestOf(answer);
  const found = described.find(known => known.digest === digest);
  return found && answer.state === 'exists'
    ? { ...answer, facts: found.facts }
    : answer;
}

function digestOf(answer: RegistryAnswer): string | undefined {
  return answer.state === 'exists' ? answer.digest : undefined;
}

function groupByImage(
  answers: ReadonlyMap<string, RegistryAnswer | undefined>,
): Map<string, Record<string, RegistryAnswer | undefined>> {
  const groups = new Map<string, Record<string, RegistryAnswer | undefined>>();
  for (const [reference, answer] of answers) {
    const { image } = parseImageReference(reference);
    const group = groups.get(image) ?? {};
    group[reference] = answer;
    groups.set(image, group);
  }
  return groups;
}
