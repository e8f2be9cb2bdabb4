import { RecentlyUsed } from './RecentlyUsed';

describe('RecentlyUsed', () => {
  const answers = (asked: string[]) => (key: string) => async () => {
    asked.push(key);
    return key;
  };

  it('asks once for each key, and once for those who ask together', async () => {
    const asked: string[] = [];
    const ask = answers(asked);
    const cache = new RecentlyUsed<string>({ room: 10 });
    await Promise.all([cache.get('a', ask('a')), cache.get('a', ask('a'))]);
    await expect(cache.get('a', ask('a'))).resolves.toBe('a');
    await expect(cache.get('b', ask('b'))).resolves.toBe('b');
    expect(asked).toEqual(['a', 'b']);
  });

  it('forgets what was not used for the longest', async () => {
    const asked: string[] = [];
    const ask = answers(asked);
    const cache = new RecentlyUsed<string>({ room: 2 });
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) {
      await cache.get(key, ask(key));
    }
    expect(asked).toEqual(['a', 'b', 'c', 'b']);
  });

  it('counts sizes', async () => {
    const asked: string[] = [];
    const ask = answers(asked);
    const cache = new RecentlyUsed<string>({
      room: 5,
      sizeOf: ({ length }) => length,
    });
    for (const key of ['aa', 'bbb', 'aa', 'too large', 'aa', 'bbb']) {
      await cache.get(key, ask(key));
    }
    expect(asked).toEqual(['aa', 'bbb', 'too large', 'aa', 'bbb']);
  });

  it('does not keep that there is nothing yet', async () => {
    const cache = new RecentlyUsed<string | undefined>({ room: 2 });
    await expect(cache.get('a', async () => undefined)).resolves.toBe(
      undefined,
    );
    await expect(cache.get('a', async () => 'there')).resolves.toBe('there');
  });

  it('does not keep a failure', async () => {
    const cache = new RecentlyUsed<string>({ room: 2 });
    await expect(
      cache.get('a', () => Promise.reject(new Error('away'))),
    ).rejects.toThrow('away');
    await expect(cache.get('a', async () => 'back')).resolves.toBe('back');
  });
});
