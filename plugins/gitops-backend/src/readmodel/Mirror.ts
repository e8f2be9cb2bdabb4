import {
  UpstreamEntry,
  UpstreamHead,
  UpstreamStore,
} from '../database/UpstreamStore';
import { ServiceUnavailableError } from '@backstage/errors';
import { Side } from './Side';

/** While all is well, the time of the last read is written as often. */
const RECORD_READ_MS = 2_000;
/** Processes that write at once go one after the other; nobody is refused as often. */
const MAX_TRIES = 100;

/** Entries that are taken over into memory. */
export interface TakenEntries {
  entries: UpstreamEntry[];
  /** Whether this process wrote them. */
  own: boolean;
  /** Whether they are all that there is, in place of what was known. */
  whole: boolean;
}

/**
 * What this process knows of one upstream: a copy in memory of the entries in the database. Every process has one; it
 * is changed by writing to the database first, so that all of them show the same and a restart loses nothing.
 */
export class Mirror {
  readonly upstream: string;
  readonly side: Side;
  readonly #store: UpstreamStore;
  readonly #take: (taken: TakenEntries) => void;
  readonly #turned: () => void;
  #sequence = 0;
  #follows = false;
  #recordedAt = -Infinity;
  #recordedError?: string;
  #queue: Promise<unknown> = Promise.resolve();

  /**
   * @param options.take - has entries taken over into memory
   * @param options.turned - told when the upstream begins to fail and when it is back, in the process that follows it
   */
  constructor(options: {
    upstream: string;
    side: Side;
    store: UpstreamStore;
    take: (taken: TakenEntries) => void;
    turned?: () => void;
  }) {
    this.upstream = options.upstream;
    this.side = options.side;
    this.#store = options.store;
    this.#take = options.take;
    this.#turned = options.turned ?? (() => {});
  }

  /** Whether this process is the one that follows the upstream. */
  get follows(): boolean {
    return this.#follows;
  }

  /** Does some work as the process that follows the upstream, and so knows best how fresh it is. */
  async following(work: () => Promise<void>): Promise<void> {
    this.#follows = true;
    try {
      await work();
    } finally {
      this.#follows = false;
    }
  }

  /** Takes over what other processes wrote. */
  async catchUp(head: UpstreamHead): Promise<void> {
    if (!this.#follows) {
      this.side.restore(head);
    }
    if (head.sequence !== this.#sequence) {
      await this.#exclusive(() => this.#load());
    }
  }

  /**
   * Writes a change and takes it over. Resolves to whether there was one.
   *
   * @param prepare - what is to be written, made from what is known; asked again where another process wrote meanwhile
   */
  async write(
    prepare: () => UpstreamEntry[] | Promise<UpstreamEntry[]>,
  ): Promise<boolean> {
    return this.#exclusive(async () => {
      for (let tries = 0; tries < MAX_TRIES; tries += 1) {
        const entries = await prepare();
        if (entries.length === 0) {
          return false;
        }
        const readAt = new Date();
        const sequence = await this.#store.append(
          this.upstream,
          this.#sequence,
          entries,
          readAt,
        );
        if (sequence !== undefined) {
          this.#sequence = sequence;
          this.#recordedAt = performance.now();
          this.#recordedError = undefined;
          this.#take({ entries, own: true, whole: false });
          this.#succeeded(readAt);
          return true;
        }
        await this.#load();
      }
      throw new ServiceUnavailableError(
        `What is known of ${this.upstream} could not be written: others write all the time`,
      );
    });
  }

  /** Notes that the upstream was read, with or without a change. */
  async succeeded(): Promise<void> {
    const readAt = new Date();
    this.#succeeded(readAt);
    const now = performance.now();
    if (
      this.#recordedError !== undefined ||
      now - this.#recordedAt >= RECORD_READ_MS
    ) {
      await this.#store.recordRead(this.upstream, { readAt });
      this.#recordedAt = now;
      this.#recordedError = undefined;
    }
  }

  /** Notes why the upstream could not be read. */
  async failed(error: unknown): Promise<void> {
    const before = this.side.error;
    this.side.failed(error);
    if (before === undefined) {
      this.#turned();
    }
    const message = this.side.error ?? '';
    const now = performance.now();
    // Again from time to time: another process that wrote a change has cleared it.
    if (
      message !== this.#recordedError ||
      now - this.#recordedAt >= RECORD_READ_MS
    ) {
      await this.#store.recordRead(this.upstream, { error: message });
      this.#recordedAt = now;
      this.#recordedError = message;
    }
  }

  #succeeded(readAt: Date): void {
    const recovered = this.side.error !== undefined;
    this.side.succeeded(readAt);
    if (recovered) {
      this.#turned();
    }
  }

  async #load(): Promise<void> {
    const known = this.#sequence;
    const newer = await this.#store.entriesAfter(this.upstream, known);
    if (newer.sequence >= known) {
      this.#sequence = newer.sequence;
      this.#take({ entries: newer.entries, own: false, whole: known === 0 });
      return;
    }
    // The database is older than what is known, as after a failover that lost changes, or a restored backup.
    const all = await this.#store.entriesAfter(this.upstream, 0);
    this.#sequence = all.sequence;
    this.#take({ entries: all.entries, own: false, whole: true });
  }

  // One after the other: what was prepared from a state is written before the state changes.
  async #exclusive<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(run);
    this.#queue = result.catch(() => {});
    return result;
  }
}
