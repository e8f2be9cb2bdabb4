import { doubtfulSides } from './freshness';

const live = { readAt: '2026-03-02T12:00:00Z', stale: false };
const old = { readAt: '2026-03-02T11:50:00Z', stale: true };
const older = { readAt: '2026-03-02T11:40:00Z', stale: true, error: 'away' };
const never = { stale: false };

describe('doubtfulSides', () => {
  it.each([
    ['all is live', [{ git: live, argocd: live }], []],
    ['there is no environment', [], []],
    [
      'one environment is stale',
      [
        { git: live, argocd: live },
        { git: live, argocd: old },
      ],
      [{ side: 'argocd', readAt: old.readAt, error: undefined }],
    ],
    [
      'the oldest counts',
      [
        { git: old, argocd: live },
        { git: older, argocd: live },
      ],
      [{ side: 'git', readAt: older.readAt, error: 'away' }],
    ],
    [
      'never read is worse than old, even before it is called stale',
      [
        { git: live, argocd: old },
        { git: live, argocd: never },
      ],
      [{ side: 'argocd', readAt: undefined, error: undefined }],
    ],
    [
      'both sides',
      [{ git: old, argocd: old }],
      [
        { side: 'git', readAt: old.readAt, error: undefined },
        { side: 'argocd', readAt: old.readAt, error: undefined },
      ],
    ],
  ])('%s', (_, freshness, expected) => {
    expect(
      doubtfulSides(freshness.map(sides => ({ freshness: sides }))),
    ).toEqual(expected);
  });
});
