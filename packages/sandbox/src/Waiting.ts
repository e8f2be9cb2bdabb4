/** A value that is not always there: who asks for it while it is away waits until it is back. */
export class Waiting<T> {
  #latest?: { value: T };
  #isThere = false;
  #wakeUp: (() => void)[] = [];

  /** The value that was there last. */
  get latest(): T {
    if (!this.#latest) {
      throw new Error('The sandbox is not ready yet');
    }
    return this.#latest.value;
  }

  /** The value, when it is there. */
  async ready(): Promise<T> {
    while (!this.#isThere) {
      await new Promise<void>(resolve => this.#wakeUp.push(resolve));
    }
    return this.latest;
  }

  set(value: T): void {
    this.#latest = { value };
    this.#isThere = true;
    this.#wakeUp.splice(0).forEach(resolve => resolve());
  }

  unset(): void {
    this.#isThere = false;
  }
}
