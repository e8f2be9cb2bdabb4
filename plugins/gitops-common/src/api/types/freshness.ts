/** When one side was last read, and whether it should be doubted. @public */
export interface Freshness {
  /** When the side was last read with success; absent when it never was. */
  readAt?: string;
  /** True when the upstream has been silent or failing for longer than it should. */
  stale: boolean;
  /** Why the last attempt to read failed, in words for a person. */
  error?: string;
}
