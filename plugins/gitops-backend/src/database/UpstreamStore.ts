/** Stands among the upstreams for the plugin's own promotions: its sequence number rises with every change of one. */
export const PROMOTIONS = 'promotions';

/** What is known of an upstream as a whole. */
export interface UpstreamHead {
  /** Of the last change; 0 where there was none. */
  sequence: number;
  /** When the upstream was last read with success. */
  readAt?: string;
  /** Why the last look failed, in words for a person. */
  error?: string;
}

/** One thing that is known of an upstream, such as a file or an Application. */
export interface UpstreamEntry {
  key: string;
  /** What JSON can carry; undefined where the thing is gone. */
  value: unknown;
}

/**
 * Where the last known state of every upstream is kept, entry by entry. Each change has a sequence number, so that a
 * process that knows an older state reads only what came after it.
 */
export interface UpstreamStore {
  /** How each upstream stands, by its id. One query. */
  heads(): Promise<Map<string, UpstreamHead>>;
  /**
   * Every entry that was written after a sequence number, and the number of the last change there is. After 0 those
   * that are gone are left out.
   */
  entriesAfter(
    upstream: string,
    sequence: number,
  ): Promise<{ sequence: number; entries: UpstreamEntry[] }>;
  /**
   * Writes a change, all of it or nothing, and that the upstream was read.
   *
   * @param after - the sequence number that the change was made from
   * @returns the change's own number, or undefined where somebody else has written since: then nothing is written
   */
  append(
    upstream: string,
    after: number,
    entries: UpstreamEntry[],
    readAt: Date,
  ): Promise<number | undefined>;
  /** Notes that the upstream was read, or why it could not be. */
  recordRead(
    upstream: string,
    outcome: { readAt: Date } | { error: string },
  ): Promise<void>;
}
