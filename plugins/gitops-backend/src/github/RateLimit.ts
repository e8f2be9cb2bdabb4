import { createHash } from 'node:crypto';
import { RateLimitReachedError } from './githubErrors';
import { WritePace, WriteQueue } from './WriteQueue';

// Below this share of the limit polling slows down.
const NEARLY_REACHED = 0.1;
// What one look may cost that finds something new; an idle one is free.
const CALLS_PER_POLL = 5;
// What GitHub asks for where it refuses without saying for how long.
const SECONDARY_WAIT_MS = 60_000;
// GitHub counts by the hour; nothing that it says makes us silent for longer.
const LONGEST_WAIT_MS = 3_600_000;
// Of those who wrote lately; what is forgotten costs one refusal more.
const ROOM_FOR_LIMITS = 1_000;
// Other limits, such as that of searching, are counted apart.
const RESOURCE = 'core';

/** What GitHub's rate limit stands at. */
export interface RateLimitStatus {
  /** Requests in an hour. */
  limit: number;
  /** Requests that are left. */
  remaining: number;
  /** When there are `limit` of them again. */
  resetAt: Date;
}

/** An answer of GitHub, as far as it says something about the rate limit. */
export interface RateLimitedAnswer {
  headers: Record<string, string | number | undefined>;
  /** Whether a failure is one of the rate limit. */
  refused: boolean;
}

// What is counted until it is counted from the beginning again; `reset` in seconds as GitHub says it, `endsAt` on our clock.
interface Window {
  limit: number;
  remaining: number;
  reset: number;
  endsAt: number;
}

/**
 * The rate limit of one set of credentials at one GitHub. Once it is reached nothing is sent until GitHub takes requests
 * again, and near it polling slows down.
 *
 * Waits are measured on a clock that does not jump, from the times that GitHub's own answers carry.
 */
export class RateLimit {
  readonly #monotonic: () => number;
  readonly #wallClock: () => number;
  readonly #sharers = new Set<object>();
  #window?: Window;
  #blockedUntil = -Infinity;

  /**
   * @param clocks.monotonic - milliseconds from any point in time, never going back
   * @param clocks.wallClock - milliseconds since the epoch
   */
  constructor(
    clocks: { monotonic?: () => number; wallClock?: () => number } = {},
  ) {
    this.#monotonic = clocks.monotonic ?? (() => performance.now());
    this.#wallClock = clocks.wallClock ?? (() => Date.now());
  }

  /** Takes note of one who polls under this limit: all of them have to make do with what is left. */
  sharedBy(sharer: object): void {
    this.#sharers.add(sharer);
  }

  /** Takes note of an answer, a failure or not. */
  saw({ headers, refused }: RateLimitedAnswer): void {
    const remaining = numberIn(headers, 'x-ratelimit-remaining');
    const reset = numberIn(headers, 'x-ratelimit-reset');
    const ofCore = (headers['x-ratelimit-resource'] ?? RESOURCE) === RESOURCE;
    const untilReset =
      reset === undefined
        ? undefined
        : reset * 1000 - this.#serverTime(headers.date);
    if (ofCore && remaining !== undefined && reset !== undefined) {
      this.#count({
        limit: numberIn(headers, 'x-ratelimit-limit') ?? remaining,
        remaining,
        reset,
        endsAt: this.#after(untilReset ?? 0),
      });
    }
    const retryAfter = numberIn(headers, 'retry-after');
    if (refused && retryAfter !== undefined) {
      this.#block(retryAfter * 1000);
    } else if (ofCore && remaining === 0 && untilReset !== undefined) {
      this.#block(untilReset);
    } else if (refused) {
      this.#block(SECONDARY_WAIT_MS);
    }
  }

  /** Throws where a request would be refused anyway. @throws ServiceUnavailableError that says when it is worth a try. */
  assertOpen(): void {
    const wait = this.#blockedUntil - this.#monotonic();
    if (wait > 0) {
      throw new RateLimitReachedError(
        `GitHub's rate limit is reached; try again in ${Math.ceil(
          wait / 1000,
        )} s`,
      );
    }
  }

  /** How long to wait before looking again, where all is well after the interval. */
  pollDelayMs(intervalMs: number): number {
    const now = this.#monotonic();
    const window = this.#currentWindow();
    let delay = Math.max(intervalMs, this.#blockedUntil - now);
    if (window && window.remaining < window.limit * NEARLY_REACHED) {
      const untilReset = window.endsAt - now;
      const polls = Math.floor(
        window.remaining / (CALLS_PER_POLL * Math.max(1, this.#sharers.size)),
      );
      delay = Math.max(delay, untilReset / Math.max(1, polls));
    }
    return Math.ceil(delay);
  }

  /** What is known of the limit; undefined before GitHub said anything of it, and where it has none. */
  status(): RateLimitStatus | undefined {
    const window = this.#window;
    return (
      window && {
        limit: window.limit,
        // Nobody said so, but a window that is over has been followed by a full one.
        remaining: this.#currentWindow() ? window.remaining : window.limit,
        resetAt: new Date(window.reset * 1000),
      }
    );
  }

  // Answers may come in another order than GitHub gave them.
  #count(window: Window): void {
    const known = this.#currentWindow();
    if (!known || window.reset > known.reset) {
      this.#window = window;
    } else if (window.reset === known.reset) {
      this.#window = {
        ...known,
        remaining: Math.min(known.remaining, window.remaining),
      };
    }
  }

  #currentWindow(): Window | undefined {
    return this.#window && this.#window.endsAt > this.#monotonic()
      ? this.#window
      : undefined;
  }

  #block(ms: number): void {
    this.#blockedUntil = Math.max(this.#blockedUntil, this.#after(ms));
  }

  #after(ms: number): number {
    return this.#monotonic() + Math.min(Math.max(ms, 0), LONGEST_WAIT_MS);
  }

  // GitHub's idea of now, so that a clock of ours that is wrong makes no difference.
  #serverTime(date: string | number | undefined): number {
    const time = Date.parse(String(date));
    return Number.isNaN(time) ? this.#wallClock() : time;
  }
}

/** The rate limits of all credentials at all GitHubs that this process asks, and its writes to each of them. */
export class RateLimits {
  readonly #pace: WritePace;
  readonly #limits = new Map<string, RateLimit>();
  readonly #writes = new Map<string, WriteQueue>();

  /** @param pace - of the writes to each GitHub */
  constructor(pace: WritePace = {}) {
    this.#pace = pace;
  }

  /**
   * The one that was used before, or a new one where that was too long ago: of people's tokens there come ever more.
   *
   * @param credentials - what is counted together, as in the token, or the App's installation; only a hash of it is kept
   */
  of(apiBaseUrl: string, credentials: string): RateLimit {
    const key = createHash('sha256')
      .update(JSON.stringify([apiBaseUrl, credentials]))
      .digest('base64');
    const limit = this.#limits.get(key) ?? new RateLimit();
    // The last in a map is the one that was put there last.
    this.#limits.delete(key);
    this.#limits.set(key, limit);
    for (const oldest of this.#limits.keys()) {
      if (this.#limits.size <= ROOM_FOR_LIMITS) {
        break;
      }
      this.#limits.delete(oldest);
    }
    return limit;
  }

  /** The writes to a GitHub, with whatever credentials. */
  writesTo(apiBaseUrl: string): WriteQueue {
    let writes = this.#writes.get(apiBaseUrl);
    if (!writes) {
      writes = new WriteQueue(this.#pace);
      this.#writes.set(apiBaseUrl, writes);
    }
    return writes;
  }
}

function numberIn(
  headers: RateLimitedAnswer['headers'],
  name: string,
): number | undefined {
  const value = headers[name];
  const number = Number(value);
  return value === undefined || value === '' || Number.isNaN(number)
    ? undefined
    : number;
}
