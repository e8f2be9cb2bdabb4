import {
  FollowedUpstream,
  Freshness,
} from '@gitops-infra/backstage-plugin-gitops-common';

/** When one upstream was last read and how the last attempt ended. */
export class Side {
  readonly #staleAfterMs: number;
  #readAt?: Date;
  #error?: string;

  /** @param staleAfterMs - how long without a successful read before the side is doubted */
  constructor(staleAfterMs: number) {
    this.#staleAfterMs = staleAfterMs;
  }

  /** Why the last attempt failed; undefined where it did not. */
  get error(): string | undefined {
    return this.#error;
  }

  succeeded(at: Date): void {
    this.#readAt = at;
    this.#error = undefined;
  }

  failed(error: unknown): void {
    this.#error = error instanceof Error ? error.message : String(error);
  }

  /** Takes over what another process, or this one before a restart, found out. */
  restore({ readAt, error }: { readAt?: string; error?: string }): void {
    this.#readAt = readAt === undefined ? undefined : new Date(readAt);
    this.#error = error;
  }

  freshness(now: Date): Freshness {
    const age = this.#readAt && now.getTime() - this.#readAt.getTime();
    return {
      readAt: this.#readAt?.toISOString(),
      stale:
        age === undefined ||
        this.#error !== undefined ||
        age > this.#staleAfterMs,
      error: this.#error,
    };
  }
}

/** How fresh a side is, as the status has it. */
export function followed(side: Side, now: Date): FollowedUpstream {
  const freshness = side.freshness(now);
  const { readAt } = freshness;
  return {
    ...freshness,
    lagSeconds:
      readAt === undefined
        ? undefined
        : Math.max(0, (now.getTime() - Date.parse(readAt)) / 1000),
  };
}
