/**
 * Several streams as one, until any of them ends or fails; then the others are ended too. No more than one value of each
 * is waiting.
 */
export async function* mergeStreams<T>(
  streams: ((signal: AbortSignal) => AsyncGenerator<T>)[],
  signal: AbortSignal,
): AsyncGenerator<T> {
  const ended = new AbortController();
  const end = () => ended.abort();
  signal.addEventListener('abort', end, { once: true });
  const arrived: (() => Promise<IteratorResult<T>>)[] = [];
  let wake = () => {};
  const nextArrival = () =>
    new Promise<void>(resolve => {
      wake = resolve;
    });
  const ask = (stream: AsyncGenerator<T>) => {
    const arrive = (result: Promise<IteratorResult<T>>) => {
      arrived.push(async () => {
        const { done } = await result;
        if (!done) {
          ask(stream);
        }
        return result;
      });
      wake();
    };
    const next = stream.next();
    next.then(
      () => arrive(next),
      () => arrive(next),
    );
  };
  try {
    streams.forEach(stream => ask(stream(ended.signal)));
    for (;;) {
      const take = arrived.shift();
      if (!take) {
        await nextArrival();
        continue;
      }
      const result = await take();
      if (result.done) {
        return;
      }
      yield result.value;
    }
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}
