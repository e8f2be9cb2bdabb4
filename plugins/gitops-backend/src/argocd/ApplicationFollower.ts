import { setTimeout as sleep } from 'node:timers/promises';
import { LoggerService } from '@backstage/backend-plugin-api';
import { ApplicationSink } from './ApplicationSink';
import { ApplicationEvent, ApplicationSource } from './ApplicationSource';
import { Following, SinkError } from './Following';
import { TimeLimitError, within } from '../within';

const BACKOFF_MIN_MS = 1_000;
const BACKOFF_MAX_MS = 30_000;

/** How a watch came to its end: it is time for a new list, or the server ended it. */
type Ending = { isDue: true } | { isDue: false; livedMs: number };

/**
 * Follows the Applications of one instance: list, then watch, and list again after the resync interval, when nothing was
 * heard for the idle limit, and when the watch ends. A stream that falls silent, as one through a proxy may, thus misleads
 * for the idle limit at most, and one that leaves something out for the resync interval.
 */
export class ApplicationFollower {
  readonly #source: ApplicationSource;
  readonly #sink: ApplicationSink;
  readonly #resyncMs: number;
  readonly #idleLimitMs: number;
  readonly #backoffMinMs: number;
  readonly #logger: LoggerService;
  #lastFailure?: string;

  constructor(options: {
    source: ApplicationSource;
    sink: ApplicationSink;
    resyncMs: number;
    idleLimitMs: number;
    logger: LoggerService;
    /** The first pause after a failure; a second unless given. */
    backoffMinMs?: number;
  }) {
    this.#source = options.source;
    this.#sink = options.sink;
    this.#resyncMs = options.resyncMs;
    this.#idleLimitMs = options.idleLimitMs;
    this.#backoffMinMs = options.backoffMinMs ?? BACKOFF_MIN_MS;
    this.#logger = options.logger;
  }

  /** Follows until the signal aborts; after it returns nothing more is told. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const following = new Following(this.#source, this.#sink, this.#logger);
    let pauseMs = this.#backoffMinMs;
    while (!signal.aborted) {
      try {
        const ending = await this.#listAndWatch(following, signal);
        if (ending.isDue) {
          pauseMs = this.#backoffMinMs;
          continue;
        }
        // Only a server that ends every watch at once is asked more and more seldom.
        if (ending.livedMs > pauseMs) {
          pauseMs = this.#backoffMinMs;
        }
      } catch (error) {
        if (signal.aborted) {
          break;
        }
        await this.#failed(following, error);
      }
      const jittered = pauseMs * (0.5 + Math.random() / 2);
      pauseMs = Math.min(pauseMs * 2, BACKOFF_MAX_MS);
      await sleep(jittered, undefined, { signal }).catch(() => {});
    }
    await following.stop();
  }

  async #listAndWatch(
    following: Following,
    signal: AbortSignal,
  ): Promise<Ending> {
    const ended = new AbortController();
    const end = () => ended.abort();
    let resync: NodeJS.Timeout | undefined;
    signal.addEventListener('abort', end, { once: true });
    try {
      const watch = await this.#list(following, signal, ended.signal);
      this.#lastFailure = undefined;
      resync = setTimeout(end, this.#resyncMs);
      return await this.#watch(following, watch, ended.signal);
    } finally {
      clearTimeout(resync);
      signal.removeEventListener('abort', end);
      end();
    }
  }

  // The list is let go of when this returns: it is large, and a watch can last for long.
  async #list(
    following: Following,
    signal: AbortSignal,
    ended: AbortSignal,
  ): Promise<AsyncGenerator<ApplicationEvent | undefined>> {
    const list = await this.#source.list(signal);
    await following.replaceAll(list.applications);
    return this.#source.watch(list, ended);
  }

  async #watch(
    following: Following,
    watch: AsyncGenerator<ApplicationEvent | undefined>,
    ended: AbortSignal,
  ): Promise<Ending> {
    // Time is measured by a clock that nobody sets.
    const begunAt = performance.now();
    let hasHeard = false;
    try {
      for (;;) {
        const next = await this.#next(watch, ended);
        if (next === 'due') {
          return { isDue: true };
        }
        if (next.done) {
          break;
        }
        hasHeard = true;
        await following.tell(next.value);
      }
    } catch (error) {
      // What broke a watch that worked shows when the next list fails.
      const worked =
        hasHeard || performance.now() - begunAt > this.#backoffMinMs;
      if (!worked || error instanceof SinkError) {
        throw error;
      }
      this.#logger.info(`${messageOf(error)}; listing again`);
    } finally {
      watch.return(undefined).catch(() => {});
    }
    return { isDue: false, livedMs: performance.now() - begunAt };
  }

  async #next(
    watch: AsyncGenerator<ApplicationEvent | undefined>,
    ended: AbortSignal,
  ): Promise<IteratorResult<ApplicationEvent | undefined> | 'due'> {
    try {
      return await within(this.#idleLimitMs, ended, () => watch.next());
    } catch (error) {
      if (ended.aborted || error instanceof TimeLimitError) {
        return 'due';
      }
      throw error;
    }
  }

  async #failed(following: Following, error: unknown): Promise<void> {
    const cause = error instanceof SinkError ? error.cause : error;
    const message = messageOf(cause);
    if (message !== this.#lastFailure) {
      this.#logger.warn(message);
    }
    this.#lastFailure = message;
    try {
      await following.failed(cause);
    } catch (second) {
      this.#logger.warn(`A failure could not be kept: ${messageOf(second)}`);
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
