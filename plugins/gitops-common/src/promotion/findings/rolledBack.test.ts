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

const DEPLOYED = {
  id: 'a',
  title: 'promote(demo): local → stage, 1 → 2',
  changes: [change({ tag: '1' }, { tag: '2' })],
};
const ROLLBACK = {
  id: 'b',
  title: 'rollback(demo): stage, 2 → 1',
  rollbackTo: 'c1',
  undoes: [{ id: 'a', title: DEPLOYED.title }],
  pullRequest: { number: 41, url: 'https://github.test/pull/41' },
  changes: [change({ tag: '2' }, { tag: '1' })],
};
const AGAIN = change({ tag: '1' }, { tag: '2' });

describe('rolled-back', () => {
  it('warns of the version that the rollback took back', () => {
    expect(rolledBack([AGAIN], 'stage', [ROLLBACK, DEPLOYED])).toEqual([
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

  it('warns of what was taken back by deploying the older version', () => {
    const title = 'deploy(demo): stage, 2 → 1';
    expect(
      rolledBack([AGAIN], 'stage', [
        { id: 'b', title, changes: ROLLBACK.changes },
        DEPLOYED,
      ]),
    ).toMatchObject([{ why: `It was taken back: ${title}` }]);
  });

  it('goes on to warn where another version came meanwhile', () => {
    const other = {
      id: 'c',
      title: 'deploy',
      changes: [change({ tag: '1' }, { tag: '3' })],
    };
    expect(
      rolledBack([change({ tag: '3' }, { tag: '2' })], 'stage', [
        other,
        ROLLBACK,
        DEPLOYED,
      ]),
    ).toMatchObject([{ code: 'rolled-back' }]);
  });

  it('says nothing any more once it came again', () => {
    const again = { ...DEPLOYED, id: 'c' };
    const other = {
      id: 'd',
      title: 'deploy',
      changes: [change({ tag: '2' }, { tag: '3' })],
    };
    expect(
      rolledBack([change({ tag: '3' }, { tag: '2' })], 'stage', [
        other,
        again,
        ROLLBACK,
        DEPLOYED,
      ]),
    ).toEqual([]);
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
    expect(rolledBack([other], 'stage', [ROLLBACK, DEPLOYED])).toEqual([]);
  });

  it('says nothing where a newer version took its place, or nothing was merged', () => {
    const newer = {
      id: 'b',
      title: 'promote',
      changes: [change({ tag: '2' }, { tag: '3' })],
    };
    for (const merged of [[newer, DEPLOYED], []]) {
      expect(
        rolledBack([change({ tag: '3' }, { tag: '2' })], 'stage', merged),
      ).toEqual([]);
    }
  });
});
