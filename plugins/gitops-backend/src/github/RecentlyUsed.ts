/**
 * What was asked for and never changes, kept while there is room for it; what was not used for the longest goes first.
 * Who asks for the same at the same time shares one answer. Failures are not kept, nor is that
 * there is nothing yet.
 */
export class RecentlyUsed<T> {
  readonly #room: number;
  readonly #sizeOf: (value: T) => number;
  readonly #asked = new Map<string, Promise<T>>();
  readonly #sizes = new Map<string, number>();
  #used = 0;

  /** @param options.sizeOf - in the unit of `room`; each value takes 1 where it is not given */
  constructor(options: { room: number; sizeOf?: (value: T) => number }) {
    this.#room = options.room;
    this.#sizeOf = options.sizeOf ?? (() => 1);
  }

  async get(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#asked.get(key);
    if (known) {
      // The last in a map is the one that was put there last.
      this.#asked.delete(key);
      this.#asked.set(key, known);
      return known;
    }
    const asked = ask();
    this.#asked.set(key, asked);
    try {
      const value = await asked;
      if (value === undefined) {
        this.#asked.delete(key);
        return value;
      }
      this.#sizes.set(key, this.#sizeOf(value));
      this.#used += this.#sizeOf(value);
      this.#makeRoom();
      return value;
    } catch (error) {
      this.#asked.delete(key);
      throw error;
    }
  }

  #makeRoom(): void {
    for (const key of this.#asked.keys()) {
      if (this.#used <= this.#room) {
        return;
      }
      const size = this.#sizes.get(key);
      // What is being asked for has no size yet.
      if (size !== undefined) {
        this.#asked.delete(key);
        this.#sizes.delete(key);
        this.#used -= size;
      }
    }
  }
}
