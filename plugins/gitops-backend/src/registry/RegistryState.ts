import { UpstreamStore } from '../database/UpstreamStore';
import { Mirror } from '../readmodel/Mirror';
import { Side } from '../readmodel/Side';

/** An image that is there is asked for again after ten minutes; a registry is doubted when that was missed once. */
const STALE_AFTER_MS = 25 * 60_000;

/** How the asking of one registry stands, for all processes. What it answered is in `RegistryAnswers`. */
export class RegistryState {
  /** As image references name it, each name. */
  readonly hosts: readonly string[];
  readonly mirror: Mirror;

  constructor(
    { host, aliases }: { host: string; aliases: string[] },
    store: UpstreamStore,
  ) {
    this.hosts = [host, ...aliases];
    this.mirror = new Mirror({
      upstream: `registry:${host}`,
      side: new Side(STALE_AFTER_MS),
      store,
      // It has no entries.
      take: () => {},
    });
  }

  /** The name that it is configured by. */
  get host(): string {
    return this.hosts[0];
  }
}
