import { LATEST_KNOWN_MS } from './ReadModel';

// A page that reads the API again has to find what it was told of, whichever process answers.
const ANNOUNCE_AFTER_MS = LATEST_KNOWN_MS + 50;

/** Tells pages of changes soon after they were made, those of one service together. */
export class Announcer {
  readonly #tell: (service: string) => void;
  readonly #services = new Set<string>();
  #timer?: NodeJS.Timeout;

  constructor(tell: (service: string) => void) {
    this.#tell = tell;
  }

  announce(services: Iterable<string>): void {
    for (const service of services) {
      this.#services.add(service);
    }
    if (this.#services.size > 0) {
      this.#timer ??= setTimeout(() => this.#flush(), ANNOUNCE_AFTER_MS);
    }
  }

  /** Tells what was not told yet. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#flush();
  }

  #flush(): void {
    this.#timer = undefined;
    const services = [...this.#services];
    this.#services.clear();
    services.forEach(service => this.#tell(service));
  }
}
