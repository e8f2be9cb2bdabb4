/** What a request is ended with that takes too long. */
export class TimeLimitError extends Error {
  name = 'TimeLimitError';

  constructor(milliseconds: number) {
    super(`nothing whole within ${milliseconds / 1000} s`);
  }
}

/**
 * Runs something that ends when the signal aborts or a time is over, whether it listens to its signal or not. Signals
 * that are put together from others are not relied on: they are lost when garbage is collected (nodejs/node).
 */
export async function within<T>(
  milliseconds: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const end = () => ended.abort(signal.reason);
  const timer = setTimeout(
    () => ended.abort(new TimeLimitError(milliseconds)),
    milliseconds,
  );
  signal.addEventListener('abort', end, { once: true });
  try {
    signal.throwIfAborted();
    const aborted = new Promise<never>((_, reject) => {
      ended.signal.addEventListener(
        'abort',
        () => reject(ended.signal.reason),
        { once: true },
      );
    });
    return await Promise.race([run(ended.signal), aborted]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}
