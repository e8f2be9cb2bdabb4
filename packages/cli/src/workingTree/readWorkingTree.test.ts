import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import {
  emptyFolder,
  findingsIn,
  infraTree,
  removeTrees,
  STAGE_OVERLAY,
  write,
} from '../__testUtils__/infraTree';
import { readWorkingTree } from './readWorkingTree';

afterAll(removeTrees);

describe('readWorkingTree', () => {
  it('reads YAML, JSON and Kustomizations under bootstrap and apps', () => {
    const root = emptyFolder();
    write(root, {
      'apps/a/kustomization.yml': '1',
      'apps/a/Kustomization': '2',
      'apps/a/app.yaml': '\ufeffü',
      'apps/a/patch.json': '[]',
      'apps/a/README.md': '-',
      'apps/a/xKustomization': '-',
      'bootstrap/b.yaml': '3',
      'docs/c.yaml': '-',
      'c.yaml': '-',
    });
    expect(readWorkingTree(root, 'sha')).toEqual({
      commit: 'sha',
      files: new Map([
        ['bootstrap/b.yaml', '3'],
        ['apps/a/Kustomization', '2'],
        ['apps/a/app.yaml', '\ufeffü'],
        ['apps/a/kustomization.yml', '1'],
        ['apps/a/patch.json', '[]'],
      ]),
      unread: new Map(),
    });
  });

  it('reads nothing outside, and says what it does not read', () => {
    const outside = emptyFolder();
    write(outside, { 'secret.yaml': 'secret: 1', 'folder/secret.yaml': 'x' });
    const root = emptyFolder();
    write(root, {
      'apps/binary.yaml': new Uint8Array([0x61, 0, 0x62]),
      'apps/latin.yaml': new Uint8Array([0xfc, 0x0a]),
      'apps/utf16.yaml': Buffer.from('\ufeffa: 1', 'utf16le'),
      'apps/huge.yaml': '#'.repeat(512 * 1024 + 1),
      'apps/large.yaml': '#'.repeat(512 * 1024),
      'apps/module/.git': 'gitdir: ../../x',
      'apps/module/a.yaml': 'a: 1',
    });
    symlinkSync(join(outside, 'secret.yaml'), join(root, 'apps/link.yaml'));
    symlinkSync(join(outside, 'folder'), join(root, 'apps/folder'));
    symlinkSync('../..', join(root, 'apps/up'));
    symlinkSync('apps', join(root, 'bootstrap'));
    mkdirSync(join(root, 'apps/folder.yaml'));
    execFileSync('mkfifo', [join(root, 'apps/pipe.yaml')]);

    const { files, unread } = readWorkingTree(root, '');
    expect([...files.keys()]).toEqual(['apps/large.yaml']);
    expect(Object.fromEntries(unread)).toEqual({
      bootstrap: 'is a symbolic link',
      'apps/binary.yaml': 'is no UTF-8 text',
      'apps/folder': 'is a symbolic link',
      'apps/huge.yaml': 'is larger than 512 KiB',
      'apps/latin.yaml': 'is no UTF-8 text',
      'apps/link.yaml': 'is a symbolic link',
      'apps/module': 'is a submodule',
      'apps/pipe.yaml': 'is not a regular file',
      'apps/up': 'is a symbolic link',
      'apps/utf16.yaml': 'is no UTF-8 text',
    });
  });

  it.each([
    ['4 files and folders', { entries: 4, bytes: 100 }],
    ['5 bytes', { entries: 100, bytes: 5 }],
  ])('refuses a tree with more than %s', (what, limits) => {
    const root = emptyFolder();
    write(root, { 'apps/a.yaml': 'abc', 'apps/b.yaml': 'de', 'docs/c.md': '' });
    expect(readWorkingTree(root, '', limits).files.size).toBe(2);
    write(root, { 'apps/c.yaml': 'f', 'apps/d.txt': '', 'apps/e.txt': '' });
    expect(() => readWorkingTree(root, '', limits)).toThrow(
      new RegExp(`too large to be read: .* more than ${what}`),
    );
  });

  it('is a finding where an overlay is not read', async () => {
    const root = infraTree({ [STAGE_OVERLAY]: new Uint8Array([0xff]) });
    expect(await findingsIn(root)).toMatchObject([
      {
        code: 'comparison-error',
        message: expect.stringContaining('is no UTF-8 text'),
        file: STAGE_OVERLAY,
        line: null,
      },
    ]);
  });
});
