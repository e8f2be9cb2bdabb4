import { RegistryAnswer } from '@gitops-infra/backstage-plugin-gitops-common';
import { RegistryImage, registryImage } from '@gitops-infra/registry-client';
import { within } from '../within';
import { inParallel } from '../github/inParallel';
import { Described, RegistryAnswers } from './RegistryAnswers';
import {
  AskedRegistry,
  ASKED_AT_A_TIME,
  EXISTING_AGAIN_MS,
  MISSING_AGAIN_MS,
  UNKNOWN_AGAIN_MS,
} from './RegistryFollower';

// A person waits for it.
const TIMEOUT_MS = 3_000;

const AGAIN_MS: Record<RegistryAnswer['state'], number> = {
  exists: EXISTING_AGAIN_MS,
  missing: MISSING_AGAIN_MS,
  unknown: UNKNOWN_AGAIN_MS,
};

interface Named {
  reference: string;
  image: RegistryImage;
  registry: AskedRegistry;
}

/**
 * Asks registries for images that `RegistryFollower` has no answer for: those that no overlay pins but a person names, as by a
 * version or an earlier state, and those that it has not come to yet. Only registries that are configured are asked. What they
 * say is kept with what the follower finds out, so that everybody knows it.
 */
export class NamedImages {
  readonly #registries: ReadonlyMap<string, AskedRegistry>;
  readonly #answers: Pick<RegistryAnswers, 'of' | 'knows' | 'update'>;
  readonly #now: () => number;
  readonly #timeoutMs: number;
  // Nobody asks again for these by himself: how long each answer holds.
  readonly #asked = new Map<
    string,
    { answer: RegistryAnswer; until: number }
  >();

  /**
   * @param options.registries - by each name that image references have for them
   * @param options.now - in tests, another clock than that of elapsed milliseconds
   * @param options.timeoutMs - in tests, another time than is given to all that is asked at once
   */
  constructor(options: {
    registries: ReadonlyMap<string, AskedRegistry>;
    answers: Pick<RegistryAnswers, 'of' | 'knows' | 'update'>;
    now?: () => number;
    timeoutMs?: number;
  }) {
    this.#registries = options.registries;
    this.#answers = options.answers;
    this.#now = options.now ?? (() => performance.now());
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  }

  /**
   * What registries say of images now, or said a short time ago. Nothing is said of those whose registry is not asked.
   * Resolves soon and never rejects: what could not be asked is unknown.
   *
   * @param references - as `imageReference` writes them
   */
  async lookUp(
    references: readonly string[],
  ): Promise<ReadonlyMap<string, RegistryAnswer>> {
    const now = this.#now();
    for (const [reference, { until }] of this.#asked) {
      if (until <= now) {
        this.#asked.delete(reference);
      }
    }
    const named = references.flatMap((reference): Named[] => {
      const image = registryImage(reference);
      const registry = image && this.#registries.get(image.host);
      return registry ? [{ reference, image, registry }] : [];
    });
    await this.#ask(
      named.filter(({ reference }) => this.#known(reference) === undefined),
    );
    return new Map(
      named.flatMap(({ reference }) => {
        const answer = this.#known(reference);
        return answer ? [[reference, answer]] : [];
      }),
    );
  }

  #known(reference: string): RegistryAnswer | undefined {
    const asked = this.#asked.get(reference)?.answer;
    // What is kept knows more of the image than was looked at.
    return asked?.state === 'exists'
      ? this.#answers.of(reference) ?? asked
      : asked;
  }

  async #ask(due: Named[]): Promise<void> {
    if (due.length === 0) {
      return;
    }
    const found = new Map<string, RegistryAnswer>();
    const described: Described[] = [];
    await within(
      this.#timeoutMs,
      new AbortController().signal,
      async signal =>
        inParallel(due, ASKED_AT_A_TIME, async ({ reference, ...where }) => {
          const { image, registry } = where;
          const look = await registry.look(image, signal);
          if (look.state === 'unknown') {
            found.set(reference, { state: 'unknown', reason: look.reason });
            return;
          }
          found.set(reference, look);
          const digest = look.state === 'exists' ? look.digest : undefined;
          if (digest && !this.#answers.knows(reference, digest)) {
            const says = await registry.describe(image, digest, signal);
            if (says.state === 'described') {
              described.push({ reference, digest, facts: says.facts });
            }
          }
        }),
      // What was found out by then counts.
    ).catch(() => {});
    for (const { reference, image } of due) {
      const answer = found.get(reference) ?? {
        state: 'unknown',
        reason: `${image.host} did not answer within ${
          this.#timeoutMs / 1000
        } s`,
      };
      this.#asked.set(reference, {
        answer,
        until: this.#now() + AGAIN_MS[answer.state],
      });
    }
    const certain = [...found].filter(([, { state }]) => state !== 'unknown');
    // What cannot be written down holds for this process alone.
    await this.#answers.update(new Map(certain), described).catch(() => {});
  }
}
