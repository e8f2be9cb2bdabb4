import {
  UpstreamEntry,
  UpstreamHead,
  UpstreamStore,
} from '../database/UpstreamStore';
import { Side } from './Side';

/** While all is well, the time of the last read is written as often. */
const RECORD_READ_MS = 2_000;

/**
 * What this process knows of one upstream: a copy in memory of the entries in the database. Every process has one; it
 * is changed by writing to the database first, so that all of them show the same and a restart loses nothing.
 */
export class Mirror {
  readonly upstream: string;
  readonly side: Side;
  readonly #store: UpstreamStore;
  readonly #take: (entries: UpstreamEntry[], own: boolean) => void;
  readonly #turned: () => void;
  #sequence = 0;
  #follows = false;
  #recordedAt = -Infinity;
  #queue: Promise<unknown> = Promise.resolve();

  /**
   * @param options.take - has entries taken over into memory; `own` says that this process wrote them
   * @param options.turned - told when the upstream begins to fail and when it is back, in the process that follows it
   */
  constructor(options: {
    upstream: string;
    side: Side;
    store: UpstreamStore;
    take: (entries: UpstreamEntry[], own: boolean) => void;
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
    if (head.sequence > this.#sequence) {
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
      for (;;) {
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
          this.#take(entries, true);
          this.#succeeded(readAt);
          return true;
        }
        await this.#load();
      }
    });
  }

  /** Notes that the upstream was read, with or without a change. */
  async succeeded(): Promise<void> {
    const readAt = new Date();
    const recovered = this.#succeeded(readAt);
    const now = performance.now();
    if (recovered || now - this.#recordedAt >= RECORD_READ_MS) {
      this.#recordedAt = now;
      await this.#store.recordRead(this.upstream, { readAt });
    }
  }

  /** Notes why the upstream could not be read. */
  async failed(error: unknown): Promise<void> {
    const before = this.side.error;
    this.side.failed(error);
    if (this.side.error !== undefined && this.side.error !== before) {
      await this.#store.recordRead(this.upstream, { error: this.side.error });
      if (before === undefined) {
        this.#turned();
      }
    }
  }

  // Returns whether the upstream is back.
  #succeeded(readAt: Date): boolean {
    const recovered = this.side.error !== undefined;
    this.side.succeeded(readAt);
    if (recovered) {
      this.#turned();
    }
    return recovered;
  }

  async #load(): Promise<void> {
    const { sequence, entries } = await this.#store.entriesAfter(
      this.upstream,
      this.#sequence,
    );
    this.#sequence = sequence;
    this.#take(entries, false);
  }

  // One after the other: what was prepared from a state is written before the state changes.
  async #exclusive<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(run);
    this.#queue = result.catch(() => {});
    return result;
  }
}
