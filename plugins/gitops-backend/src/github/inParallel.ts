/** Runs for every item, a few at a time. Rejects with the first failure. */
export async function inParallel<T>(
  items: readonly T[],
  atATime: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items].reverse();
  const work = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) {
      await run(item);
    }
  };
  try {
    await Promise.all(Array.from({ length: atATime }, work));
  } finally {
    // Nothing new is begun after a failure.
    left.length = 0;
  }
}
