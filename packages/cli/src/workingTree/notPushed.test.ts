import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  clone,
  commit,
  emptyFolder,
  findingsIn,
  git,
  infraTree,
  removeTrees,
  STAGE_OVERLAY,
  write,
} from '../__testUtils__/infraTree';

afterAll(removeTrees);

const change = (root: string, path: string) =>
  appendFileSync(join(root, path), '# changed\n');

describe('what is not pushed', () => {
  it('is nothing in a clone, in a tree without Git, and without a remote', async () => {
    expect(await findingsIn(clone())).toEqual([]);
    expect(await findingsIn(infraTree())).toEqual([]);
    const alone = infraTree();
    git(alone, 'init');
    commit(alone, 'Begin');
    expect(await findingsIn(alone)).toEqual([]);
  });

  it('is a warning that Argo CD cannot see it', async () => {
    const root = clone();
    change(root, STAGE_OVERLAY);
    commit(root, 'Pin 1.5.0');
    write(root, { 'README.md': 'new\n' });
    commit(root, 'Explain');
    expect(await findingsIn(root)).toEqual([
      {
        code: 'not-deployed',
        severity: 'warning',
        message:
          '1 commit is not pushed, so Argo CD cannot see it. The branch is ahead of main on its remote, as far as it was last fetched.',
        file: null,
        line: null,
        column: null,
        fix: 'Push: `git push`.',
      },
    ]);
    git(root, 'push');
    expect(await findingsIn(root)).toEqual([]);
  });

  it('is nothing on a branch that is not deployed', async () => {
    const root = clone();
    git(root, 'checkout', '-b', 'feature');
    git(root, 'push', '-u', 'origin', 'feature');
    change(root, STAGE_OVERLAY);
    commit(root, 'Try');
    expect(await findingsIn(root)).toEqual([]);
  });

  describe('where the environment deploys', () => {
    const targeting = (targetRevision: string) => {
      const manifest = 'bootstrap/demo-stage-application.yaml';
      const text = readFileSync(join(infraTree(), manifest), 'utf8');
      return clone({
        [manifest]: text.replace(
          'targetRevision: main',
          `targetRevision: ${targetRevision}`,
        ),
        'bootstrap/demo-application.yaml': '',
      });
    };
    const codes = async (root: string) =>
      (await findingsIn(root)).map(({ code }) => code);
    const feature = (root: string) => {
      git(root, 'checkout', '-b', 'feature');
      git(root, 'push', '-u', 'origin', 'feature');
    };
    const changed = (root: string) => {
      change(root, STAGE_OVERLAY);
      commit(root, 'Try');
    };

    it('HEAD, is told of the default branch only', async () => {
      const root = targeting('HEAD');
      changed(root);
      expect(await codes(root)).toEqual(['not-deployed']);
      git(root, 'push');
      feature(root);
      changed(root);
      expect(await codes(root)).toEqual([]);
      git(root, 'remote', 'set-head', 'origin', 'feature');
      expect(await codes(root)).toEqual(['not-deployed']);
    });

    it('a branch by its full name, is told of it', async () => {
      const root = targeting('refs/heads/main');
      changed(root);
      expect(await codes(root)).toEqual(['not-deployed']);
    });
  });

  it('is told where the tree is a folder of a repository, too', async () => {
    const root = clone();
    const outer = emptyFolder();
    const remote = emptyFolder();
    git(remote, 'init', '--bare');
    git(outer, 'init');
    git(root, 'checkout-index', '-a', `--prefix=${outer}/infra/`);
    commit(outer, 'Begin');
    git(outer, 'remote', 'add', 'origin', remote);
    git(outer, 'push', '-u', 'origin', 'main');
    change(outer, `infra/${STAGE_OVERLAY}`);
    commit(outer, 'Pin 1.5.0');
    expect(await findingsIn(join(outer, 'infra'))).toMatchObject([
      { code: 'not-deployed' },
    ]);
  });
});
