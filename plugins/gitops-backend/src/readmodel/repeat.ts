import { setTimeout as sleep } from 'node:timers/promises';

/** Does something again and again, with a pause after each time, until the signal aborts. */
export async function repeat(
  signal: AbortSignal,
  pauseMs: () => number,
  run: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await run();
    await sleep(pauseMs(), undefined, { signal }).catch(() => {});
  }
}
