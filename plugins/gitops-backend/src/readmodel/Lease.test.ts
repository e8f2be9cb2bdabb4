import { mockServices } from '@backstage/backend-test-utils';
import { LeaseStore } from '../database/LeaseStore';
import { Lease } from './Lease';

const PACE_MS = 20;

/** Leases as the database keeps them, in memory; it can be out of reach for one of the processes. */
class Leases implements LeaseStore {
  holder?: string;
  beat = 0;
  readonly cutOff = new Set<string>();

  async find() {
    return { holder: this.holder, beat: this.beat };
  }

  async take(_: string, seen: { holder?: string; beat: number }, by: string) {
    this.#reach(by);
    if (seen.holder !== this.holder || seen.beat !== this.beat) {
      return false;
    }
    this.holder = by;
    this.beat += 1;
    return true;
  }

  async renew(_: string, by: string) {
    this.#reach(by);
    if (this.holder !== by) {
      return false;
    }
    this.beat += 1;
    return true;
  }

  async release(_: string, by: string) {
    this.#reach(by);
    if (this.holder === by) {
      this.holder = undefined;
    }
  }

  #reach(by: string) {
    if (this.cutOff.has(by)) {
      throw new Error('The database is away');
    }
  }
}

async function eventually(check: () => void): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      check();
      return;
    } catch (error) {
      if (Date.now() > deadline) {
        throw error;
      }
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  }
}

describe('Lease', () => {
  let store: Leases;
  let working: string[];
  let most: number;
  let leases: Lease[];

  beforeEach(() => {
    store = new Leases();
    working = [];
    most = 0;
    leases = [];
  });

  afterEach(async () => {
    store.cutOff.clear();
    await Promise.all(leases.map(lease => lease.stop()));
  });

  function join(holder: string): Lease {
    const lease = new Lease({
      id: 'argocd:main',
      holder,
      store,
      logger: mockServices.logger.mock(),
      paceMs: PACE_MS,
      work: async signal => {
        working.push(holder);
        most = Math.max(most, working.length);
        await new Promise<void>(resolve =>
          signal.addEventListener('abort', () => resolve(), { once: true }),
        );
        working = working.filter(name => name !== holder);
      },
    });
    leases.push(lease);
    lease.start();
    return lease;
  }

  it('lets one of several processes work', async () => {
    ['a', 'b', 'c'].forEach(join);
    await eventually(() => expect(working).toHaveLength(1));
    // For longer than a silent holder is waited for.
    await new Promise(resolve => setTimeout(resolve, 10 * PACE_MS));
    expect(working).toHaveLength(1);
    expect(most).toBe(1);
  });

  it('passes on to another at once when a process ends in order', async () => {
    const first = join('a');
    await eventually(() => expect(working).toEqual(['a']));
    join('b');
    await first.stop();
    expect(store.holder).not.toBe('a');
    await eventually(() => expect(working).toEqual(['b']));
    expect(most).toBe(1);
  });

  it('passes on to another when the holder is silent, as one that was killed is', async () => {
    store.holder = 'killed';
    store.beat = 7;
    join('b');
    await eventually(() => expect(working).toEqual(['b']));
    expect(store.holder).toBe('b');
  });

  it('goes by beats and not by the time of day', async () => {
    store.holder = 'elsewhere';
    const beating = setInterval(() => {
      store.beat += 1;
    }, PACE_MS / 2);
    const clock = jest
      .spyOn(Date, 'now')
      .mockImplementation(() => 8.64e15 - Math.random() * 1e15);
    try {
      join('b');
      await new Promise(resolve => setTimeout(resolve, 12 * PACE_MS));
      expect(working).toEqual([]);
    } finally {
      clock.mockRestore();
      clearInterval(beating);
    }
    await eventually(() => expect(working).toEqual(['b']));
  });

  it('stops working before another may begin, where it cannot reach the database', async () => {
    join('a');
    await eventually(() => expect(working).toEqual(['a']));
    join('b');
    store.cutOff.add('a');
    await eventually(() => expect(working).toEqual(['b']));
    expect(most).toBe(1);
  });

  it('stops working when the lease was taken from it, as after a long pause of the process', async () => {
    const lease = join('a');
    await eventually(() => expect(working).toEqual(['a']));
    store.holder = 'b';
    await eventually(() => expect(working).toEqual([]));
    expect(lease.held).toBe(false);
  });

  it('begins again where the work ends by itself', async () => {
    let runs = 0;
    const lease = new Lease({
      id: 'argocd:main',
      holder: 'a',
      store,
      logger: mockServices.logger.mock(),
      paceMs: PACE_MS,
      work: async () => {
        runs += 1;
        throw new Error('a fault');
      },
    });
    leases.push(lease);
    lease.start();
    await eventually(() => expect(runs).toBeGreaterThan(1));
  });
});
