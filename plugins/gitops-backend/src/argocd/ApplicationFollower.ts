import { setTimeout as sleep } from 'node:timers/promises';
import { LoggerService } from '@backstage/backend-plugin-api';
import { ApplicationStatus } from '@gitops-infra/backstage-plugin-gitops-common';
import { ApplicationEvent, ArgocdClient } from './ArgocdClient';
import { InstanceState } from './InstanceState';

const BACKOFF_MIN_MS = 1_000;
const BACKOFF_MAX_MS = 30_000;

/**
 * Keeps an instance's state up to date: list, then stream, and list again after the resync interval whatever the
 * stream did. A stream that falls silent, as one through a proxy may, thus misleads for one interval at most.
 */
export class ApplicationFollower {
  readonly #client: ArgocdClient;
  readonly #state: InstanceState;
  readonly #resyncMs: number;
  readonly #logger: LoggerService;
  readonly #onChange: (applications: ApplicationStatus[]) => void;
  readonly #stopped = new AbortController();

  constructor(options: {
    client: ArgocdClient;
    state: InstanceState;
    resyncMs: number;
    logger: LoggerService;
    onChange: (applications: ApplicationStatus[]) => void;
  }) {
    this.#client = options.client;
    this.#state = options.state;
    this.#resyncMs = options.resyncMs;
    this.#logger = options.logger;
    this.#onChange = options.onChange;
  }

  /** Follows until `stop`. Never rejects. */
  async run(): Promise<void> {
    const stopped = this.#stopped.signal;
    let backoffMs = BACKOFF_MIN_MS;
    while (!stopped.aborted) {
      try {
        await this.#list(stopped);
        backoffMs = BACKOFF_MIN_MS;
        const resync = await this.#stream(stopped);
        if (!resync) {
          // A server that ends every stream at once must not be asked without pause.
          await pause(BACKOFF_MIN_MS, stopped);
        }
      } catch (error) {
        if (!stopped.aborted) {
          this.#failed(error);
          const jittered = backoffMs * (0.5 + Math.random() / 2);
          backoffMs = Math.min(backoffMs * 2, BACKOFF_MAX_MS);
          await pause(jittered, stopped);
        }
      }
    }
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #list(stopped: AbortSignal): Promise<void> {
    const list = await this.#client.list(stopped);
    const withTroubles = await Promise.all(
      list.map(application => this.#withTroubles(application, stopped)),
    );
    const wasStale = this.#state.side.freshness(new Date()).stale;
    const changed = this.#state.replaceAll(withTroubles);
    this.#state.side.succeeded(new Date());
    this.#onChange(wasStale ? [...this.#state.applications] : changed);
  }

  // Returns whether it was time for a new list; otherwise the server ended the stream.
  async #stream(stopped: AbortSignal): Promise<boolean> {
    const ended = new AbortController();
    const end = () => ended.abort();
    const resync = setTimeout(end, this.#resyncMs);
    stopped.addEventListener('abort', end, { once: true });
    try {
      for await (const event of this.#client.stream(ended.signal)) {
        await this.#apply(event, stopped);
      }
      return ended.signal.aborted;
    } catch (error) {
      if (!ended.signal.aborted) {
        throw error;
      }
      return true;
    } finally {
      clearTimeout(resync);
      stopped.removeEventListener('abort', end);
      end();
    }
  }

  async #apply(event: ApplicationEvent, stopped: AbortSignal): Promise<void> {
    const application = await this.#withTroubles(event.application, stopped);
    const changed = this.#state.apply({ ...event, application });
    this.#state.side.succeeded(new Date());
    if (changed) {
      this.#onChange([application]);
    }
  }

  async #withTroubles(
    application: ApplicationStatus,
    stopped: AbortSignal,
  ): Promise<ApplicationStatus> {
    const { status } = application.health;
    if (status !== 'Progressing' && status !== 'Degraded') {
      return application;
    }
    try {
      return {
        ...application,
        troubles: await this.#client.troubles(application, stopped),
      };
    } catch (error) {
      this.#logger.debug(
        `The resource tree of ${application.name} could not be read: ${error}`,
      );
      return application;
    }
  }

  #failed(error: unknown): void {
    const wasStale = this.#state.side.freshness(new Date()).stale;
    this.#state.side.failed(error);
    if (!wasStale) {
      this.#logger.warn(error instanceof Error ? error.message : String(error));
      this.#onChange([...this.#state.applications]);
    }
  }
}

async function pause(milliseconds: number, stopped: AbortSignal) {
  await sleep(milliseconds, undefined, { signal: stopped }).catch(() => {});
}
