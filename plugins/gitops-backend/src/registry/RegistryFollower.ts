import { setTimeout as sleep } from 'node:timers/promises';
import { LoggerService } from '@backstage/backend-plugin-api';
import { RegistryAnswer } from '@gitops-infra/backstage-plugin-gitops-common';
import {
  RegistryClient,
  RegistryImage,
  registryImage,
  Unknown,
} from '@gitops-infra/registry-client';
import { inParallel } from '../github/inParallel';
import { Described, RegistryAnswers } from './RegistryAnswers';
import { RegistryState } from './RegistryState';

/** An image that is there seldom goes away. */
export const EXISTING_AGAIN_MS = 10 * 60_000;
/** One that is missing is being built. */
export const MISSING_AGAIN_MS = 20_000;
/** What could not be checked is asked again after this long; in the background, twice as long each time. */
export const UNKNOWN_AGAIN_MS = 5_000;
const UNKNOWN_AGAIN_AT_MOST_MS = 10 * 60_000;
const RETRY_AFTER_AT_MOST_MS = 60 * 60_000;
// An image that was there is believed to be there until it could not be checked as often.
const FAILURES_BEFORE_DOUBT = 2;

/** Images that registries are asked for at the same time. */
export const ASKED_AT_A_TIME = 4;
// Answers of so many images are written down together.
const ANSWERS_IN_WRITE = 20;
/** Images that are looked at; more are not judged. */
export const MAX_IMAGES = 5_000;
const PAUSE_MS = 1_000;

/** A registry that is asked; what `RegistryClient` is. */
export type AskedRegistry = Pick<RegistryClient, 'look' | 'describe' | 'close'>;

interface Watched {
  registry: Registry;
  image: RegistryImage;
  /** When it is to be asked again. */
  dueAt: number;
  /** Looks in a row that had no answer. */
  failures: number;
}

interface Registry {
  state: RegistryState;
  client: AskedRegistry;
  /** Until when it is left alone. */
  restsUntil: number;
  /** Looks in a row that found it away. */
  failures: number;
  /** Why it is left alone. */
  reason: string;
}

// Registries that were asked just now, and why those are away that are.
type Heard = Map<RegistryState, Unknown | undefined>;

/**
 * Asks registries, in the background, whether they have the images that overlays pin, and asks again when the answer
 * may have changed. Only registries that are configured are asked, whatever an overlay names.
 */
export class RegistryFollower {
  readonly answers: RegistryAnswers;
  readonly #registries = new Map<string, Registry>();
  readonly #images: () => Iterable<string>;
  readonly #logger: LoggerService;
  readonly #now: () => number;
  readonly #watched = new Map<string, Watched>();
  #isStale = true;

  /**
   * @param options.images - which images are of interest, as `imageReference` writes them
   * @param options.now - in tests, another clock than that of elapsed milliseconds
   */
  constructor(options: {
    registries: { state: RegistryState; client: AskedRegistry }[];
    answers: RegistryAnswers;
    images: () => Iterable<string>;
    logger: LoggerService;
    now?: () => number;
  }) {
    for (const { state, client } of options.registries) {
      const registry = {
        state,
        client,
        restsUntil: -Infinity,
        failures: 0,
        reason: '',
      };
      for (const host of state.hosts) {
        this.#registries.set(host, registry);
      }
    }
    this.answers = options.answers;
    this.#images = options.images;
    this.#logger = options.logger;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Has the next look see which images are of interest now. */
  imagesChanged(): void {
    this.#isStale = true;
  }

  /** Does `run` as the process that knows best how each registry stands. */
  async follow(signal: AbortSignal): Promise<void> {
    const states = new Set(
      [...this.#registries.values()].map(({ state }) => state),
    );
    const follow = [
      this.answers.mirror,
      ...[...states].map(({ mirror }) => mirror),
    ].reduce(
      (work, mirror) => async () => mirror.following(work),
      async () => this.run(signal),
    );
    await follow();
  }

  /** Asks until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    // What another process found out meanwhile is not known here.
    this.#watched.clear();
    this.imagesChanged();
    while (!signal.aborted) {
      const isMore = await this.look(signal).catch(error => {
        if (!signal.aborted) {
          this.#logger.warn(`Registries could not be followed: ${error}`);
        }
        return false;
      });
      if (!isMore) {
        await sleep(PAUSE_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** Asks a few of those that are due, what was never asked first. Resolves to whether there are more. */
  async look(signal: AbortSignal): Promise<boolean> {
    if (this.#isStale) {
      this.#isStale = false;
      this.#watch();
      await this.#forget().catch(error => {
        this.#isStale = true;
        throw error;
      });
    }
    const now = this.#now();
    const due = [...this.#watched]
      .filter(([, { dueAt }]) => dueAt <= now)
      .sort(
        ([, one], [, other]) =>
          Number(one.dueAt > other.dueAt) - Number(one.dueAt < other.dueAt),
      );
    const found = new Map<string, RegistryAnswer>();
    const described: Described[] = [];
    const heard: Heard = new Map();
    await inParallel(
      due.slice(0, ANSWERS_IN_WRITE),
      ASKED_AT_A_TIME,
      async ([reference, watched]) => {
        const answer = await this.#ask(reference, watched, heard, signal);
        if (answer) {
          found.set(reference, answer);
          described.push(
            ...(await this.#describe(reference, answer, watched, signal)),
          );
        }
      },
    );
    await this.#write(found, described);
    for (const [{ mirror }, away] of heard) {
      await (away ? mirror.failed(new Error(away.reason)) : mirror.succeeded());
    }
    return due.length > ANSWERS_IN_WRITE;
  }

  /** To be called once nothing runs any more. */
  async close(): Promise<void> {
    await Promise.all(
      [...new Set(this.#registries.values())].map(({ client }) =>
        client.close(),
      ),
    );
  }

  // Which images are of interest. Those that were known keep their time.
  #watch(): void {
    const before = new Map(this.#watched);
    this.#watched.clear();
    for (const reference of this.#images()) {
      const image = registryImage(reference);
      const registry = image && this.#registries.get(image.host);
      if (!image || !registry) {
        continue;
      }
      if (this.#watched.size >= MAX_IMAGES) {
        this.#logger.warn(
          `Overlays pin more than ${MAX_IMAGES} images; the others are not looked for in registries`,
        );
        return;
      }
      this.#watched.set(
        reference,
        before.get(reference) ?? {
          registry,
          image,
          dueAt: this.answers.of(reference) ? this.#now() : -Infinity,
          failures: 0,
        },
      );
    }
  }

  async #forget(): Promise<void> {
    await this.answers.update(
      new Map(
        this.answers.references
          .filter(reference => !this.#watched.has(reference))
          .map(reference => [reference, undefined]),
      ),
    );
  }

  async #write(
    found: Map<string, RegistryAnswer>,
    described: Described[],
  ): Promise<void> {
    try {
      await this.answers.update(found, described);
    } catch (error) {
      // What was not written down was not found out.
      for (const reference of found.keys()) {
        const watched = this.#watched.get(reference);
        if (watched) {
          watched.dueAt = this.#now() + MISSING_AGAIN_MS;
        }
      }
      throw error;
    }
  }

  // The answer, or nothing where the one that is known holds for now.
  async #ask(
    reference: string,
    watched: Watched,
    heard: Heard,
    signal: AbortSignal,
  ): Promise<RegistryAnswer | undefined> {
    const { registry, image } = watched;
    if (registry.restsUntil > this.#now()) {
      watched.dueAt = registry.restsUntil;
      return this.#unknown(reference, watched, registry.reason);
    }
    const look = await registry.client.look(image, signal);
    const away = look.state === 'unknown' && look.away ? look : undefined;
    heard.set(registry.state, away);
    if (away) {
      rest(registry, away, this.#now());
      watched.dueAt = registry.restsUntil;
      return this.#unknown(reference, watched, away.reason);
    }
    registry.failures = 0;
    if (look.state === 'unknown') {
      watched.dueAt = this.#now() + backoffMs(watched.failures);
      return this.#unknown(reference, watched, look.reason);
    }
    watched.failures = 0;
    watched.dueAt =
      this.#now() +
      (look.state === 'exists' ? EXISTING_AGAIN_MS : MISSING_AGAIN_MS);
    return look;
  }

  // What the image says of itself, read once for a digest. What cannot be read is tried again with the next look.
  async #describe(
    reference: string,
    answer: RegistryAnswer,
    { registry, image }: Watched,
    signal: AbortSignal,
  ): Promise<Described[]> {
    const digest = answer.state === 'exists' ? answer.digest : undefined;
    if (
      digest === undefined ||
      this.answers.knows(reference, digest) ||
      registry.restsUntil > this.#now()
    ) {
      return [];
    }
    const description = await registry.client.describe(image, digest, signal);
    if (description.state === 'described') {
      return [{ reference, digest, facts: description.facts }];
    }
    if (description.away) {
      rest(registry, description, this.#now());
    }
    return [];
  }

  #unknown(
    reference: string,
    watched: Watched,
    reason: string,
  ): RegistryAnswer | undefined {
    watched.failures += 1;
    const isBelieved =
      this.answers.of(reference)?.state === 'exists' &&
      watched.failures < FAILURES_BEFORE_DOUBT;
    return isBelieved ? undefined : { state: 'unknown', reason };
  }
}

// Those who were asked at the same time find it away together; that is one failure.
function rest(registry: Registry, look: Unknown, now: number): void {
  registry.reason = look.reason;
  const asked = Math.min(look.retryAfterMs ?? 0, RETRY_AFTER_AT_MOST_MS);
  if (registry.restsUntil > now) {
    registry.restsUntil = Math.max(registry.restsUntil, now + asked);
    return;
  }
  registry.restsUntil = now + Math.max(asked, backoffMs(registry.failures));
  registry.failures += 1;
}

function backoffMs(failures: number): number {
  return Math.min(UNKNOWN_AGAIN_MS * 2 ** failures, UNKNOWN_AGAIN_AT_MOST_MS);
}
