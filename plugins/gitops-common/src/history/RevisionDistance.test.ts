import { extendDistance, RevisionDistance } from './RevisionDistance';

const distance = (
  shas: string[],
  more: Partial<RevisionDistance> = {},
): RevisionDistance => ({
  aheadBy: shas.length,
  behindBy: 0,
  commits: shas.map(sha => ({
    sha,
    title: sha,
    author: 'jane',
    url: `https://github.test/commit/${sha}`,
    paths: [],
  })),
  truncated: false,
  ...more,
});

describe('extendDistance', () => {
  it('has what was known and what came since, newest first', () => {
    expect(
      extendDistance(distance(['b', 'a'], { behindBy: 1 }), distance(['c'])),
    ).toEqual(distance(['c', 'b', 'a'], { behindBy: 1 }));
  });

  it.each([
    ['earlier', distance(['a'], { truncated: true }), distance(['b'])],
    ['later', distance(['a']), distance(['b'], { truncated: true })],
  ])('is the least there is where the %s one is', (_, known, since) => {
    expect(extendDistance(known, since).truncated).toBe(true);
  });

  it('does not grow for ever', () => {
    let known = distance([]);
    for (let at = 0; at < 60; at += 1) {
      known = extendDistance(known, distance([`${at}`]));
    }
    expect(known).toMatchObject({ aheadBy: 60, truncated: true });
    expect(known.commits).toHaveLength(50);
    expect(known.commits[0].sha).toBe('59');
  });
});
