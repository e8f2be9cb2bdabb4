import { setTimeout as sleep } from 'node:timers/promises';
import { PromotionStore, StoredPromotion } from '../database/PromotionStore';

/** How often a process says that it is opening a promotion. */
const BEAT_MS = 3_000;
/** How long nobody may have said so before another process goes on with it. */
const SILENCE_MS = 20_000;

/** In tests, how fast it goes; each is as above when absent. */
export interface OpeningPace {
  beatMs?: number;
  /** With 0, what another process opens is taken for interrupted at the first look. */
  silenceMs?: number;
}

/**
 * Tells promotions that are being opened from those whose opening was interrupted. Who opens one says so in its row, again
 * and again. Whoever looks measures by its own clock of elapsed time how long nothing was said; no time of day is
 * compared, so that clocks may differ and jump.
 */
export class OpeningBeats {
  readonly #store: Pick<PromotionStore, 'beat'>;
  readonly #beatMs: number;
  readonly #silenceMs: number;
  readonly #monotonic: () => number;
  // Only one promotion of a target is being opened.
  readonly #seen = new Map<
    string,
    Pick<StoredPromotion, 'id' | 'beat'> & { since: number }
  >();

  constructor(
    store: Pick<PromotionStore, 'beat'>,
    monotonic: () => number,
    pace: OpeningPace = {},
  ) {
    this.#store = store;
    this.#monotonic = monotonic;
    this.#beatMs = pace.beatMs ?? BEAT_MS;
    this.#silenceMs = pace.silenceMs ?? SILENCE_MS;
  }

  /** Says that a promotion is being opened for as long as that takes. */
  async during<T>(id: string, opening: () => Promise<T>): Promise<T> {
    const ended = new AbortController();
    this.#beat(id, ended.signal);
    try {
      return await opening();
    } finally {
      ended.abort();
    }
  }

  /** Whether nobody opens it any more, as far as this process has seen by now. */
  standsStill(
    promotion: Pick<
      StoredPromotion,
      'id' | 'beat' | 'repository' | 'service' | 'to'
    >,
  ): boolean {
    const { id, beat, repository, service, to } = promotion;
    const target = JSON.stringify([repository, service, to]);
    const now = this.#monotonic();
    let seen = this.#seen.get(target);
    if (seen?.id !== id || seen.beat !== beat) {
      seen = { id, beat, since: now };
      this.#seen.set(target, seen);
    }
    return now - seen.since >= this.#silenceMs;
  }

  // Never rejects. A database that fails may be back before the others take this process for dead.
  async #beat(id: string, ended: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(this.#beatMs, undefined, { signal: ended }).catch(() => {});
      if (ended.aborted) {
        return;
      }
      await this.#store.beat(id).catch(() => {});
    }
  }
}
