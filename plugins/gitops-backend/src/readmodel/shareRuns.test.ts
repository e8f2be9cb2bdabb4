import { shareRuns } from './shareRuns';

describe('shareRuns', () => {
  let begun: number;
  let finish: ((error?: Error) => void)[];

  beforeEach(() => {
    begun = 0;
    finish = [];
  });

  const shared = () =>
    shareRuns(async () => {
      begun += 1;
      await new Promise<void>((resolve, reject) =>
        finish.push(error => (error ? reject(error) : resolve())),
      );
    });

  const turn = () => new Promise(resolve => setImmediate(resolve));

  it('runs once for all who call before it begins', async () => {
    const run = shared();
    const calls = [run(), run(), run()];
    await turn();
    finish[0]();
    await Promise.all(calls);
    expect(begun).toBe(1);
  });

  it('runs once more for all who call while it runs', async () => {
    const run = shared();
    const first = run();
    await turn();
    const later = [run(), run()];
    await turn();
    expect(begun).toBe(1);
    finish[0]();
    await first;
    await turn();
    finish[1]();
    await Promise.all(later);
    expect(begun).toBe(2);
  });

  it('fails those who share a run, and nobody else', async () => {
    const run = shared();
    const failing = [run(), run()].map(call =>
      expect(call).rejects.toThrow('x'),
    );
    await turn();
    const after = run();
    finish[0](new Error('x'));
    await Promise.all(failing);
    await turn();
    finish[1]();
    await expect(after).resolves.toBeUndefined();
  });
});
