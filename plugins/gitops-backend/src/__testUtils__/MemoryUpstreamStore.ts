import {
  UpstreamEntry,
  UpstreamHead,
  UpstreamStore,
} from '../database/UpstreamStore';

/** Upstreams in memory, for tests of what is built on them; several mirrors of one store are several processes. */
export class MemoryUpstreamStore implements UpstreamStore {
  readonly #heads = new Map<string, UpstreamHead>();
  readonly #entries = new Map<
    string,
    Map<string, { sequence: number; json?: string }>
  >();
  /** How often each call was made. */
  readonly calls = { heads: 0, entriesAfter: 0, append: 0, recordRead: 0 };
  /** Why the next writes fail. */
  failure?: Error;

  async heads(): Promise<Map<string, UpstreamHead>> {
    this.calls.heads += 1;
    return new Map(this.#heads);
  }

  async entriesAfter(upstream: string, sequence: number) {
    this.calls.entriesAfter += 1;
    const entries: UpstreamEntry[] = [];
    const last = this.#heads.get(upstream)?.sequence ?? 0;
    for (const [key, entry] of this.#entries.get(upstream) ?? []) {
      const isGone = sequence === 0 && entry.json === undefined;
      if (entry.sequence > sequence && !isGone) {
        const value =
          entry.json === undefined ? undefined : JSON.parse(entry.json);
        entries.push({ key, value });
      }
    }
    return { sequence: last, entries };
  }

  async append(
    upstream: string,
    after: number,
    entries: UpstreamEntry[],
    readAt: Date,
  ): Promise<number | undefined> {
    this.calls.append += 1;
    this.#failIfAsked();
    if ((this.#heads.get(upstream)?.sequence ?? 0) !== after) {
      return undefined;
    }
    const sequence = after + 1;
    this.#heads.set(upstream, { sequence, readAt: readAt.toISOString() });
    const kept = this.#entries.get(upstream) ?? new Map();
    this.#entries.set(upstream, kept);
    for (const { key, value } of entries) {
      kept.set(key, { sequence, json: JSON.stringify(value) });
    }
    return sequence;
  }

  async recordRead(
    upstream: string,
    outcome: { readAt: Date } | { error: string },
  ): Promise<void> {
    this.calls.recordRead += 1;
    this.#failIfAsked();
    const head = this.#heads.get(upstream) ?? { sequence: 0 };
    this.#heads.set(
      upstream,
      'readAt' in outcome
        ? { sequence: head.sequence, readAt: outcome.readAt.toISOString() }
        : { ...head, error: outcome.error },
    );
  }

  /** Is as it was after a change, as a database that lost the changes after it. */
  loseAfter(upstream: string, sequence: number): void {
    const head = this.#heads.get(upstream);
    this.#heads.set(upstream, { ...head, sequence });
    for (const [key, entry] of this.#entries.get(upstream) ?? []) {
      if (entry.sequence > sequence) {
        this.#entries.get(upstream)?.delete(key);
      }
    }
  }

  #failIfAsked(): void {
    if (this.failure) {
      throw this.failure;
    }
  }
}
