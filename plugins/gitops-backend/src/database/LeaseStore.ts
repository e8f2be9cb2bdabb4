/** A lease as it was seen. */
export interface SeenLease {
  /** Who holds it; undefined where nobody does. */
  holder?: string;
  /** Rises while the holder lives. */
  beat: number;
}

/** Where leases are kept. No time is stored: clocks of several machines differ, and jump. */
export interface LeaseStore {
  find(id: string): Promise<SeenLease>;
  /** Takes a lease if it is still as it was seen. Returns whether it was. */
  take(id: string, seen: SeenLease, holder: string): Promise<boolean>;
  /** Says that the holder lives. Returns whether it still is the holder. */
  renew(id: string, holder: string): Promise<boolean>;
  /** Lets a lease go, if it is held. */
  release(id: string, holder: string): Promise<void>;
}
