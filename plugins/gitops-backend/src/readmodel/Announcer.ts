import {
  ALL_SERVICES_SIGNAL_CHANNEL,
  serviceSignalChannel,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { LATEST_KNOWN_MS } from './ReadModel';

// A page that reads the API again has to find what it was told of, whichever process answers.
const ANNOUNCE_AFTER_MS = LATEST_KNOWN_MS + 50;
// A message can be a request to Backstage's events backend and a row in its database: a thousand at once delay everything
// else. Pages of services that did not change read once in vain instead.
const MAX_MESSAGES = 20;

/** Tells pages of changes soon after they were made, those of one service together. */
export class Announcer {
  readonly #tell: (channel: string) => void;
  readonly #services = new Set<string>();
  #timer?: NodeJS.Timeout;

  /** @param tell - sends a message without content on a signal channel */
  constructor(tell: (channel: string) => void) {
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
    if (services.length > MAX_MESSAGES) {
      this.#tell(ALL_SERVICES_SIGNAL_CHANNEL);
    } else {
      services.forEach(service => this.#tell(serviceSignalChannel(service)));
    }
  }
}
