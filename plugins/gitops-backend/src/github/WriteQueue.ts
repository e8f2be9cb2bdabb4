import { setTimeout } from 'node:timers/promises';

// GitHub asks whoever writes much for at least a second between two writes.
const PAUSE_MS = 1_000;
// What somebody who waits for a promotion has at once: opening one and merging another are that many.
const AT_ONCE = 10;

/** How fast it goes; each is as GitHub wants it when absent. */
export interface WritePace {
  pauseMs?: number;
  /** Writes that go without a pause after a quiet while. */
  atOnce?: number;
  /** Milliseconds from any point in time, never going back. */
  monotonic?: () => number;
  sleep?: (ms: number) => Promise<unknown>;
}

/**
 * The writes of this process to one GitHub, whoever's: one after the other, and after some at once with a pause between them, so that
 * nothing that goes wrong or comes in great numbers uses up what GitHub allows.
 */
export class WriteQueue {
  readonly #pauseMs: number;
  readonly #atOnce: number;
  readonly #monotonic: () => number;
  readonly #sleep: (ms: number) => Promise<unknown>;
  // When all writes so far would have been made, had there been a pause after each.
  #madeUpAt = -Infinity;
  #last: Promise<unknown> = Promise.resolve();

  constructor(pace: WritePace = {}) {
    this.#pauseMs = pace.pauseMs ?? PAUSE_MS;
    this.#atOnce = pace.atOnce ?? AT_ONCE;
    this.#monotonic = pace.monotonic ?? (() => performance.now());
    this.#sleep = pace.sleep ?? setTimeout;
  }

  /** Runs what writes once all writes before it have ended, and it is its time. */
  async run<T>(write: () => Promise<T>): Promise<T> {
    const result = this.#last.then(async () => {
      await this.#untilItsTime();
      return write();
    });
    this.#last = result.catch(() => {});
    return result;
  }

  async #untilItsTime(): Promise<void> {
    const wait =
      this.#madeUpAt - (this.#atOnce - 1) * this.#pauseMs - this.#monotonic();
    if (wait > 0) {
      await this.#sleep(wait);
    }
    this.#madeUpAt =
      Math.max(this.#madeUpAt, this.#monotonic()) + this.#pauseMs;
  }
}
