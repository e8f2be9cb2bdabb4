import { WriteQueue } from './WriteQueue';

describe('WriteQueue', () => {
  let now = 0;
  const queue = (atOnce: number) =>
    new WriteQueue({
      atOnce,
      pauseMs: 1_000,
      monotonic: () => now,
      sleep: async ms => {
        now += ms;
      },
    });
  /** When each of some writes is made, all asked for now. */
  const times = (writes: WriteQueue, count: number) =>
    Promise.all(
      Array.from({ length: count }, () => writes.run(async () => now)),
    );

  beforeEach(() => {
    now = 10_000;
  });

  it('lets writes through one by one, after a failure too', async () => {
    const log: string[] = [];
    const writes = queue(10);
    const write = (name: string, fails = false) =>
      writes
        .run(async () => {
          log.push(`${name} begins`);
          await new Promise(resolve => setImmediate(resolve));
          log.push(`${name} ends`);
          if (fails) {
            throw new Error('refused');
          }
          return name;
        })
        .catch(error => error.message);
    await expect(
      Promise.all([write('a'), write('b', true), write('c')]),
    ).resolves.toEqual(['a', 'refused', 'c']);
    expect(log).toEqual([
      'a begins',
      'a ends',
      'b begins',
      'b ends',
      'c begins',
      'c ends',
    ]);
  });

  it('makes some at once, and those that follow with a pause after each', async () => {
    await expect(times(queue(3), 6)).resolves.toEqual([
      10_000, 10_000, 10_000, 11_000, 12_000, 13_000,
    ]);
  });

  it('makes some at once again after a quiet while, and never more', async () => {
    const writes = queue(3);
    await times(writes, 3);
    now += 2_000;
    await expect(times(writes, 3)).resolves.toEqual([12_000, 12_000, 13_000]);
    now += 3_600_000;
    const again = now;
    await expect(times(writes, 4)).resolves.toEqual([
      again,
      again,
      again,
      again + 1_000,
    ]);
  });
});
