import { commitsTouching } from './commitsTouching';

const INPUTS = [
  'apps/demo/overlays/stage/kustomization.yaml',
  'apps/demo/base/deployment.yaml',
  'apps/shared',
];

describe('commitsTouching', () => {
  it.each<[what: string, paths: string[], touches: boolean]>([
    ['the overlay', ['apps/demo/overlays/stage/kustomization.yaml'], true],
    [
      'a file of the base',
      ['README.md', 'apps/demo/base/deployment.yaml'],
      true,
    ],
    ['a file in a folder that is read', ['apps/shared/a/b.yaml'], true],
    ['a link in place of a folder', ['apps/demo'], true],
    ['the folder itself', ['apps/shared'], true],
    ['another overlay', ['apps/demo/overlays/local/kustomization.yaml'], false],
    ['another file beside them', ['apps/demo/base/service.yaml'], false],
    ['a folder whose name begins alike', ['apps/shared-2/a.yaml'], false],
    ['nothing', [], false],
  ])('takes a commit that changes %s: %j is %s', (_, paths, touches) => {
    expect(commitsTouching([{ paths }], INPUTS)).toHaveLength(touches ? 1 : 0);
  });

  it('keeps the order and all else of the commits', () => {
    const commits = ['c', 'b', 'a'].map((sha, index) => ({
      sha,
      paths: [index === 1 ? 'docs/a.md' : 'apps/shared/x.yaml'],
    }));
    expect(commitsTouching(commits, INPUTS)).toEqual([commits[0], commits[2]]);
  });

  it('takes none where there are no inputs', () => {
    expect(commitsTouching([{ paths: ['apps/a.yaml'] }], [])).toEqual([]);
  });
});
