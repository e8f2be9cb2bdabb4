import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 15_000;
const INTERVAL_MS = 10;

/** Reads until what is read is as wanted; fails with what was read last. @public */
export async function eventually<T>(
  read: () => Promise<T>,
  wanted: (value: T) => unknown,
): Promise<T> {
  const until = Date.now() + PATIENCE_MS;
  let value = await read();
  while (!wanted(value)) {
    if (Date.now() > until) {
      throw new Error(`It never came to be; it is ${JSON.stringify(value)}`);
    }
    await sleep(INTERVAL_MS);
    value = await read();
  }
  return value;
}
