import { setTimeout as sleep } from 'node:timers/promises';
import { LoggerService } from '@backstage/backend-plugin-api';
import { LeaseStore, SeenLease } from '../database/LeaseStore';

/** How often a holder says that it lives, and how often others look. */
const BEAT_MS = 1_000;
/** How long a holder may be silent before another process takes its place. */
const SILENCE_MS = 5_000;
/** A holder that cannot renew stops before another one may begin. */
const GIVE_UP_MS = 3_000;

/**
 * Runs some work in one process of all those that share the database. Where the holder is killed another takes over
 * after a few seconds. How long a holder was silent each process measures by its own clock of elapsed time; no time of
 * day is compared, so that clocks may differ and jump.
 *
 * A process that was suspended may still believe for a moment that it is the holder. What it writes meanwhile has to be
 * guarded by the state that it was made from, as `UpstreamStore.append` does.
 */
export class Lease {
  readonly #id: string;
  readonly #holder: string;
  readonly #store: LeaseStore;
  readonly #logger: LoggerService;
  readonly #work: (signal: AbortSignal) => Promise<void>;
  readonly #beatMs: number;
  readonly #silenceMs: number;
  readonly #giveUpMs: number;
  readonly #stopped = new AbortController();
  #running?: Promise<void>;
  #held = false;

  /**
   * @param options.holder - names this process among all
   * @param options.work - runs while the lease is held; has to end soon after its signal aborts
   * @param options.paceMs - in tests, another time than the one of a beat
   */
  constructor(options: {
    id: string;
    holder: string;
    store: LeaseStore;
    logger: LoggerService;
    work: (signal: AbortSignal) => Promise<void>;
    paceMs?: number;
  }) {
    this.#id = options.id;
    this.#holder = options.holder;
    this.#store = options.store;
    this.#logger = options.logger;
    this.#work = options.work;
    this.#beatMs = options.paceMs ?? BEAT_MS;
    this.#silenceMs = (SILENCE_MS / BEAT_MS) * this.#beatMs;
    this.#giveUpMs = (GIVE_UP_MS / BEAT_MS) * this.#beatMs;
  }

  /** Whether this process does the work. */
  get held(): boolean {
    return this.#held;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the work and lets another process have it at once. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const stopped = this.#stopped.signal;
    let seen: (SeenLease & { since: number }) | undefined;
    while (!stopped.aborted) {
      try {
        const lease = await this.#store.find(this.#id);
        const now = performance.now();
        if (seen?.holder !== lease.holder || seen?.beat !== lease.beat) {
          seen = { ...lease, since: now };
        }
        const isFree =
          lease.holder === undefined || now - seen.since >= this.#silenceMs;
        if (isFree && (await this.#store.take(this.#id, lease, this.#holder))) {
          await this.#hold();
        }
      } catch (error) {
        this.#logger.warn(`The lease ${this.#id} was not looked at: ${error}`);
      }
      await pause(this.#beatMs, stopped);
    }
  }

  async #hold(): Promise<void> {
    const lost = new AbortController();
    const ended = AbortSignal.any([lost.signal, this.#stopped.signal]);
    this.#held = true;
    this.#logger.debug(`This process does ${this.#id} now`);
    const beating = this.#beat(ended).finally(() => lost.abort());
    try {
      await this.#work(ended);
    } catch (error) {
      this.#logger.error(`${this.#id} ended: ${error}`);
    } finally {
      lost.abort();
      await beating;
      this.#held = false;
      await this.#store.release(this.#id, this.#holder).catch(() => {});
    }
  }

  // Ends when the lease is lost.
  async #beat(ended: AbortSignal): Promise<void> {
    let renewedAt = performance.now();
    for (;;) {
      await pause(this.#beatMs, ended);
      if (ended.aborted) {
        return;
      }
      const asked = performance.now();
      // A database that fails or hangs may be back before the others take this process for dead.
      const renewed = await Promise.race([
        this.#store.renew(this.#id, this.#holder).catch(() => undefined),
        pause(this.#beatMs, ended).then(() => undefined),
      ]);
      if (renewed) {
        renewedAt = asked;
      }
      if (renewed === false || asked - renewedAt > this.#giveUpMs) {
        return;
      }
    }
  }
}

async function pause(milliseconds: number, signal: AbortSignal) {
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
}
