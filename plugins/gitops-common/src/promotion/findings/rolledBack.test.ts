import type { ImageVersion, PinChange } from '../../api/types';
import { rolledBack } from './rolledBack';

const location = { path: 'apps/demo/overlays/stage/kustomization.yaml' };

const change = (
  before: ImageVersion,
  after: ImageVersion,
  more: Partial<PinChange> = {},
): PinChange =>
  ({
    name: 'demo',
    image: 'r.test/demo',
    before,
    after,
    location,
    ...more,
  } as PinChange);

const ROLLBACK = {
  title: 'rollback(demo): stage, 2 → 1',
  pullRequest: { number: 41, url: 'https://github.test/pull/41' },
  changes: [change({ tag: '2' }, { tag: '1' })],
};

describe('rolled-back', () => {
  it('warns of the version that the rollback took back', () => {
    expect(
      rolledBack([change({ tag: '1' }, { tag: '2' })], 'stage', ROLLBACK),
    ).toEqual([
      {
        code: 'rolled-back',
        severity: 'warning',
        what: 'stage was rolled back from demo 2.',
        why: 'Pull request #41 took it back: rollback(demo): stage, 2 → 1',
        fix: expect.any(String),
        where: location,
      },
    ]);
  });

  it.each<[what: string, change: PinChange]>([
    ['another version', change({ tag: '1' }, { tag: '3' })],
    [
      'another content of the tag',
      change({ tag: '1' }, { tag: '2', digest: 'sha256:b' }),
    ],
    [
      'another image',
      change({ tag: '1' }, { tag: '2' }, { image: 'r.test/other' }),
    ],
    ['another pin', change({ tag: '1' }, { tag: '2' }, { name: 'other' })],
  ])('says nothing of %s', (_, other) => {
    expect(rolledBack([other], 'stage', ROLLBACK)).toEqual([]);
  });

  it('says nothing where nothing was rolled back', () => {
    expect(
      rolledBack([change({ tag: '1' }, { tag: '2' })], 'stage', undefined),
    ).toEqual([]);
  });
});
