import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GitObjects } from './GitObjects';

// Names that Git sorts in an order of its own: a folder as if its name ended with a slash.
const FILES = {
  'apps/demo/kustomization.yaml': 'kind: Kustomization\n',
  'apps/demo.yaml': 'a\n',
  'apps/demo-2/base.yaml': 'b\n',
  'apps/ünï.yaml': 'c\n',
  'README.md': '',
};

describe('Git objects in memory', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'gitops-objects-'));
  const git = (args: string[], env: Record<string, string> = {}) =>
    execFileSync('git', args, {
      cwd: directory,
      encoding: 'utf8',
      env: { ...process.env, ...env },
    }).trim();
  const write = (
    objects: GitObjects,
    base: string | undefined,
    files: Record<string, string | null>,
  ) =>
    objects.writeTree(
      base,
      new Map(
        Object.entries(files).map(([name, text]) => [
          name,
          text === null ? null : objects.writeBlob(Buffer.from(text)),
        ]),
      ),
    );

  beforeAll(() => {
    git(['init', '--quiet']);
    for (const [name, text] of Object.entries(FILES)) {
      const file = path.join(directory, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    git(['add', '.']);
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('have the SHAs that Git gives them', () => {
    const objects = new GitObjects();
    const tree = write(objects, undefined, FILES);
    expect(tree).toBe(git(['write-tree']));
    expect(objects.entryAt(tree, 'apps/demo.yaml')?.sha).toBe(
      git(['hash-object', 'apps/demo.yaml']),
    );
    const commit = objects.writeCommit({
      tree,
      parents: [],
      author: {
        name: 'Ada',
        email: 'ada@example.com',
        date: new Date('2026-11-24T12:00:00Z'),
      },
      message: 'Begin\n',
    });
    const date = '2026-11-24T12:00:00+0000';
    expect(commit).toBe(
      git(['commit-tree', tree, '-m', 'Begin'], {
        GIT_AUTHOR_NAME: 'Ada',
        GIT_AUTHOR_EMAIL: 'ada@example.com',
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_NAME: 'Ada',
        GIT_COMMITTER_EMAIL: 'ada@example.com',
        GIT_COMMITTER_DATE: date,
      }),
    );
  });

  it('come to the same tree by changes as at once', () => {
    const objects = new GitObjects();
    const before = write(objects, undefined, {
      ...FILES,
      'apps/demo/kustomization.yaml': 'kind: Other\n',
      'gone/with/its/folders.yaml': 'd\n',
    });
    const after = write(objects, before, {
      'apps/demo/kustomization.yaml': FILES['apps/demo/kustomization.yaml'],
      'gone/with/its/folders.yaml': null,
    });
    expect(after).toBe(write(objects, undefined, FILES));
    expect(
      objects
        .diff(before, after)
        .map(file => [file.path, Boolean(file.before), Boolean(file.after)]),
    ).toEqual([
      ['apps/demo/kustomization.yaml', true, true],
      ['gone/with/its/folders.yaml', true, false],
    ]);
  });
});
