import { isDeepStrictEqual } from 'node:util';
import {
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

// The database keeps a row for each key that there ever was, so that a key is an image and not each of its versions.
type Answers = Readonly<Record<string, RegistryAnswer>>;

const NONE: Answers = {};

/** What registries last said of the images that overlays pin. An answer stays the same object until it changes. */
export class RegistryAnswers {
  readonly mirror: Mirror;
  readonly #listeners: ((change: AnswersChange) => void)[] = [];
  readonly #byImage = new Map<string, Answers>();

  constructor(store: UpstreamStore) {
    this.mirror = new Mirror({
      upstream: 'registries',
      // How fresh an answer is, each says for itself: it is unknown where it could not be checked again.
      side: new Side(Infinity),
      store,
      take: taken => this.#take(taken),
    });
  }

  /** The images that there is an answer for. */
  get references(): string[] {
    return [...this.#byImage.values()].flatMap(Object.keys);
  }

  /** What is known of an image, as `imageReference` writes it. */
  of(reference: string): RegistryAnswer | undefined {
    const answers = this.#byImage.get(parseImageReference(reference).image);
    return answers && Object.hasOwn(answers, reference)
      ? answers[reference]
      : undefined;
  }

  /** Has a listener told of every change, whichever process made it. */
  onChange(listener: (change: AnswersChange) => void): void {
    this.#listeners.push(listener);
  }

  /** Takes over answers; undefined for an image that nobody asks for any more. */
  async update(
    answers: ReadonlyMap<string, RegistryAnswer | undefined>,
  ): Promise<void> {
    await this.mirror.write(() => {
      return [...groupByImage(answers)].flatMap(([image, changes]) => {
        const before = this.#byImage.get(image) ?? NONE;
        const after = Object.fromEntries(
          Object.entries({ ...before, ...changes }).filter(
            ([, answer]) => answer !== undefined,
          ),
        );
        const value = Object.keys(after).length > 0 ? after : undefined;
        return isDeepStrictEqual(before, after) ? [] : [{ key: image, value }];
      });
    });
  }

  #take({ entries, own, whole }: TakenEntries): void {
    const listed = new Set(entries.map(({ key }) => key));
    const gone = [...this.#byImage.keys()]
      .filter(key => whole && !listed.has(key))
      .map(key => ({ key, value: undefined }));
    const references = [...gone, ...entries].flatMap(({ key, value }) => {
      const before = this.#byImage.get(key) ?? NONE;
      const written = (value ?? NONE) as Answers;
      const after: Answers = Object.fromEntries(
        Object.entries(written).map(([reference, answer]) => [
          reference,
          isDeepStrictEqual(before[reference], answer)
            ? before[reference]
            : answer,
        ]),
      );
      if (value === undefined) {
        this.#byImage.delete(key);
      } else {
        this.#byImage.set(key, after);
      }
      return [
        ...new Set([...Object.keys(before), ...Object.keys(after)]),
      ].filter(reference => before[reference] !== after[reference]);
    });
    this.#listeners.forEach(listener => listener({ references, own }));
  }
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
