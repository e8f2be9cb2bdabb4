import { MemoryUpstreamStore } from '../__testUtils__/MemoryUpstreamStore';
import { Mirror } from './Mirror';
import { Side } from './Side';

const UPSTREAM = 'argocd:main';

describe('Mirror', () => {
  let store: MemoryUpstreamStore;

  beforeEach(() => {
    store = new MemoryUpstreamStore();
  });

  /** A process with its copy of the upstream, as a plain object. */
  function createProcess() {
    const state: Record<string, unknown> = {};
    const taken: string[] = [];
    const turns: boolean[] = [];
    const side = new Side(60_000);
    const mirror = new Mirror({
      upstream: UPSTREAM,
      side,
      store,
      take: ({ entries, own, whole }) => {
        if (whole) {
          Object.keys(state).forEach(key => delete state[key]);
        }
        for (const { key, value } of entries) {
          taken.push(`${own ? 'own' : 'other'} ${key}`);
          if (value === undefined) {
            delete state[key];
          } else {
            state[key] = value;
          }
        }
      },
      turned: () => turns.push(side.error === undefined),
    });
    const catchUp = async () => {
      const head = (await store.heads()).get(UPSTREAM);
      if (head) {
        await mirror.catchUp(head);
      }
    };
    return { mirror, state, taken, turns, side, catchUp };
  }

  it('has what it wrote, and what others wrote once it has caught up', async () => {
    const [one, other] = [createProcess(), createProcess()];
    await one.mirror.write(() => [
      { key: 'a', value: 1 },
      { key: 'b', value: 2 },
    ]);
    expect(one.state).toEqual({ a: 1, b: 2 });
    expect(other.state).toEqual({});

    await other.catchUp();
    expect(other.state).toEqual({ a: 1, b: 2 });
    await other.mirror.write(() => [{ key: 'a', value: undefined }]);
    await one.catchUp();
    expect(one.state).toEqual({ b: 2 });
    expect(one.taken).toEqual(['own a', 'own b', 'other a']);
  });

  it('has after a restart what was known before', async () => {
    const before = createProcess();
    await before.mirror.write(() => [{ key: 'a', value: { tag: '1.10' } }]);
    const after = createProcess();
    await after.catchUp();
    expect(after.state).toEqual({ a: { tag: '1.10' } });
    expect(after.side.freshness(new Date()).readAt).toBe(
      before.side.freshness(new Date()).readAt,
    );
  });

  it('reads nothing where nothing was written', async () => {
    const one = createProcess();
    await one.mirror.write(() => [{ key: 'a', value: 1 }]);
    await one.catchUp();
    await one.catchUp();
    expect(store.calls.entriesAfter).toBe(0);
  });

  it('prepares a change again where another process wrote meanwhile', async () => {
    const [one, other] = [createProcess(), createProcess()];
    await other.mirror.write(() => [{ key: 'count', value: 1 }]);
    await one.mirror.write(() => [
      { key: 'count', value: Number(one.state.count ?? 0) + 1 },
    ]);
    expect(one.state).toEqual({ count: 2 });
    await other.catchUp();
    expect(other.state).toEqual({ count: 2 });
  });

  it('loses nothing when many write at once', async () => {
    const processes = [createProcess(), createProcess(), createProcess()];
    await Promise.all(
      Array.from({ length: 30 }, (_, index) => {
        const { mirror, state } = processes[index % 3];
        return mirror.write(() => [
          { key: 'count', value: Number(state.count ?? 0) + 1 },
        ]);
      }),
    );
    for (const { state, catchUp } of processes) {
      await catchUp();
      expect(state).toEqual({ count: 30 });
    }
  });

  it('goes by the database where that lost changes, as after a failover', async () => {
    const [one, other] = [createProcess(), createProcess()];
    for (const key of ['a', 'b', 'c']) {
      await one.mirror.write(() => [{ key, value: key }]);
    }
    await other.catchUp();
    store.loseAfter(UPSTREAM, 1);

    await other.catchUp();
    expect(other.state).toEqual({ a: 'a' });
    await one.mirror.write(() => [{ key: 'd', value: 'd' }]);
    expect(one.state).toEqual({ a: 'a', d: 'd' });
    await other.catchUp();
    expect(other.state).toEqual({ a: 'a', d: 'd' });
  });

  it('says again why it fails, as a change of another process clears it', async () => {
    const [follower, other] = [createProcess(), createProcess()];
    await follower.mirror.following(async () => {
      await follower.mirror.failed(new Error('away'));
      await other.mirror.write(() => [{ key: 'a', value: 1 }]);
      jest.spyOn(performance, 'now').mockReturnValue(1e9);
      await follower.mirror.failed(new Error('away'));
      jest.restoreAllMocks();
    });
    await other.catchUp();
    expect(other.side.error).toBe('away');
  });

  it('notes a failure that could not be written down the next time', async () => {
    const { mirror } = createProcess();
    await mirror.following(async () => {
      store.failure = new Error('The database is away');
      await expect(mirror.failed(new Error('away'))).rejects.toThrow();
      store.failure = undefined;
      await mirror.failed(new Error('away'));
    });
    expect((await store.heads()).get(UPSTREAM)?.error).toBe('away');
  });

  it('writes nothing where there is nothing to write', async () => {
    const { mirror } = createProcess();
    await expect(mirror.write(() => [])).resolves.toBe(false);
    expect(store.calls.append).toBe(0);
  });

  it('stays as it was when a write fails, and writes the next one', async () => {
    const { mirror, state } = createProcess();
    store.failure = new Error('The database is away');
    await expect(mirror.write(() => [{ key: 'a', value: 1 }])).rejects.toThrow(
      'away',
    );
    expect(state).toEqual({});
    store.failure = undefined;
    await mirror.write(() => [{ key: 'a', value: 1 }]);
    expect(state).toEqual({ a: 1 });
  });

  it('says how fresh the upstream is as the process that follows it found out', async () => {
    const [follower, other] = [createProcess(), createProcess()];
    await follower.mirror.following(async () => {
      await follower.mirror.succeeded();
      await other.catchUp();
      expect(other.side.freshness(new Date()).stale).toBe(false);

      await follower.mirror.failed(new Error('Argo CD does not answer'));
      await other.catchUp();
      expect(other.side.freshness(new Date())).toMatchObject({
        stale: true,
        error: 'Argo CD does not answer',
      });
      // What the database says is never newer than what the follower knows.
      await follower.mirror.succeeded();
      await follower.catchUp();
      expect(follower.side.error).toBeUndefined();
    });
    expect(follower.turns).toEqual([false, true]);
    expect(other.turns).toEqual([]);
  });

  it('does not write every read down', async () => {
    const { mirror } = createProcess();
    await mirror.following(async () => {
      for (let read = 0; read < 100; read += 1) {
        await mirror.succeeded();
      }
      await mirror.failed(new Error('away'));
      await mirror.failed(new Error('away'));
    });
    expect(store.calls.recordRead).toBe(2);
  });
});
