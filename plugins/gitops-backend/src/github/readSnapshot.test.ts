import { InfraSnapshot } from '@gitops-infra/backstage-plugin-gitops-common';
import fc from 'fast-check';
import { Entry, GitHistory } from '../__testUtils__/GitHistory';
import { GithubServer } from '../__testUtils__/GithubServer';
import { readHistory } from './readHistory';
import { NewSnapshot, readSnapshot, ReadSnapshot } from './readSnapshot';

const REF = 'GET /git/ref/heads/main';
const TREE = 'GET /git/trees/SHA';
const BLOB = 'GET /git/blobs/SHA';
const COMPARE = 'GET /compare/SHA...SHA';
const ARCHIVE = 'GET /tarball/SHA';

const overlay = (name: string) =>
  `apps/demo/overlays/${name}/kustomization.yaml`;
const pin = (tag: string) => `images:\n  - name: demo\n    newTag: '${tag}'\n`;
/** Where a text is executable in any history. */
const EXECUTABLE = 'apps/b/kustomization.yaml';
const SUBMODULE = { submodule: 'd'.repeat(40) };

// The last of them follows many histories.
jest.setTimeout(30_000);

describe('readSnapshot', () => {
  let server: GithubServer;

  beforeEach(async () => {
    server = await GithubServer.start();
  });

  afterEach(async () => {
    await server.close();
  });

  /** Reads the head as a follower does, from its look at the branch on. */
  async function read(previous?: ReadSnapshot): Promise<NewSnapshot> {
    const client = server.client();
    const found = await readSnapshot(client, await client.head(), previous);
    return found;
  }

  /** Commits one thing and another, and reads both; the calls are those of the second. */
  async function follow(
    before: Record<string, Entry>,
    then: Record<string, Entry>,
  ) {
    server.git.commit({ [overlay('stage')]: pin('1'), ...before });
    const previous = await read();
    server.takeCalls();
    server.git.commit(then);
    const next = await read(previous);
    return { previous, next, calls: server.takeCalls() };
  }

  function content({ snapshot }: ReadSnapshot) {
    return {
      files: Object.fromEntries(snapshot.files),
      unread: Object.fromEntries(snapshot.unread),
    };
  }

  const executable = ({ snapshot }: ReadSnapshot) => [
    ...(snapshot.executable ?? []),
  ];

  it('reads what was not followed before, where the head is the same, and nothing else', async () => {
    server.git.commit({
      [overlay('stage')]: pin('1'),
      'apps/demo/patch.json': '[]',
    });
    const whole = await read();
    const without = <V>(map: ReadonlyMap<string, V>) =>
      new Map([...map].filter(([path]) => !path.endsWith('.json')));
    server.takeCalls();
    const next = await read({
      snapshot: { ...whole.snapshot, files: without(whole.snapshot.files) },
      shas: without(whole.shas),
      outdated: true,
    });
    expect(next).toEqual({
      snapshot: whole.snapshot,
      shas: whole.shas,
      changedPaths: new Set(['apps/demo/patch.json']),
    });
    expect(server.takeCalls()).toEqual([REF, TREE, BLOB]);
  });

  describe('at first', () => {
    it('reads what environments are made of, and says what it does not read', async () => {
      const commit = server.git.commit({
        'README.md': 'no',
        'package.json': '{}',
        'bootstrap/kustomization.yaml': 'resources: []\n',
        'apps/demo/base/Kustomization': 'a: "é"\r\n',
        'apps/demo/overlays/local/kustomization.yml': '\ufeffb: 1\n',
        'apps/demo/patch.json': '[]',
        'apps/demo/logo.png': Buffer.from([0x89, 0x50]),
        'not-apps/demo/kustomization.yaml': 'no: 1\n',
        'apps/demo/huge.yaml': 'x'.repeat(512 * 1024 + 1),
        'apps/demo/large.yaml': 'x'.repeat(512 * 1024),
        'apps/demo/latin1.yaml': Buffer.from('a: \xe9\n', 'latin1'),
        'apps/demo/nul.yaml': 'a: \0\n',
        'apps/demo/link.yaml': { link: 'large.yaml' },
        'apps/demo/overlays/prod': { link: 'local' },
        'apps/vendored': SUBMODULE,
        'docs/link': { link: 'apps' },
        // Longer than a key of the database may be.
        [`apps/${'x'.repeat(600)}.yaml`]: 'a: 1\n',
        [`apps/${'y'.repeat(600)}`]: { link: 'demo' },
      });
      const { snapshot, changedPaths, shas } = await read();
      expect(snapshot.commit).toBe(commit);
      expect(changedPaths).toBeUndefined();
      expect(snapshot.files).toEqual(
        new Map([
          ['bootstrap/kustomization.yaml', 'resources: []\n'],
          ['apps/demo/base/Kustomization', 'a: "é"\r\n'],
          ['apps/demo/overlays/local/kustomization.yml', '\ufeffb: 1\n'],
          ['apps/demo/patch.json', '[]'],
          ['apps/demo/large.yaml', 'x'.repeat(512 * 1024)],
        ]),
      );
      expect(Object.fromEntries(snapshot.unread)).toEqual({
        'apps/demo/huge.yaml': 'is larger than 512 KiB',
        'apps/demo/latin1.yaml': 'is no UTF-8 text',
        'apps/demo/nul.yaml': 'is no UTF-8 text',
        'apps/demo/link.yaml': 'is a symbolic link',
        'apps/demo/overlays/prod': 'is a symbolic link',
        'apps/vendored': 'is a submodule',
      });
      expect(new Set(shas.keys())).toEqual(
        new Set([...snapshot.files.keys(), ...snapshot.unread.keys()]),
      );
    });

    it('says which Kustomization files are executable', async () => {
      server.git.commit({
        [overlay('stage')]: { executable: pin('1') },
        'apps/demo/overlays/local/Kustomization': { executable: pin('1') },
        'apps/demo/overlays/prod/kustomization.yml': pin('1'),
        'apps/demo/patch.yaml': { executable: 'a: 1\n' },
      });
      expect(new Set(executable(await read()))).toEqual(
        new Set([overlay('stage'), 'apps/demo/overlays/local/Kustomization']),
      );
    });

    it('says so when all of apps is a link', async () => {
      server.git.commit({ apps: { link: 'elsewhere' } });
      expect(content(await read()).unread).toEqual({
        apps: 'is a symbolic link',
      });
    });

    it('reads equal contents once', async () => {
      server.git.commit({
        [overlay('local')]: pin('1'),
        [overlay('stage')]: pin('1'),
      });
      const { snapshot } = await read();
      expect(snapshot.files.size).toBe(2);
      expect(server.takeCalls()).toEqual([REF, TREE, BLOB]);
    });

    it('reads 3,000 overlays in 3 calls', async () => {
      const texts = Object.fromEntries(
        Array.from({ length: 3_000 }, (_, index) => [
          `apps/s${index}/overlays/stage/kustomization.yaml`,
          pin(`1.${index}`),
        ]),
      );
      server.git.commit({ ...texts, 'apps/other.txt': 'no', 'README.md': 'r' });
      const first = await read();
      expect(server.takeCalls()).toEqual([REF, TREE, ARCHIVE]);
      expect(content(first)).toEqual({ files: texts, unread: {} });
    });

    it('reads alone what the archive leaves out or changes, as .gitattributes can say', async () => {
      const texts = Object.fromEntries(
        Array.from({ length: 60 }, (_, index) => [
          overlay(`e${index}`),
          pin(`1.${index}`),
        ]),
      );
      const commit = server.git.commit(texts);
      const archived = new GitHistory();
      const other = archived.commit({
        ...texts,
        [overlay('e3')]: 'changed\n',
        [overlay('e5')]: null,
      });
      server.git.commits.set(commit, {
        ...server.git.commits.get(commit)!,
        tree: archived.commits.get(other)!.tree,
      });
      const first = await read();
      expect(server.takeCalls()).toEqual([REF, TREE, ARCHIVE, BLOB, BLOB]);
      expect(content(first).files).toEqual(texts);
    });

    it('fails as a whole when one content cannot be read', async () => {
      server.git.commit({ 'apps/a.yaml': 'a: 1\n', 'apps/b.yaml': 'b: 1\n' });
      server.intercept = (_, path) =>
        path.startsWith('/git/blobs/') ? { status: 502 } : undefined;
      await expect(read()).rejects.toMatchObject({
        name: 'ServiceUnavailableError',
      });
    });
  });

  describe('of a tree that GitHub cuts short', () => {
    const files = {
      'README.md': 'r',
      'bootstrap/a.yaml': 'a: 1\n',
      'apps/top.yaml': 't: 1\n',
      'apps/one/base/kustomization.yaml': 'o: 1\n',
      'apps/one/overlays/stage/kustomization.yaml': 'o: 2\n',
      'apps/two/base/kustomization.yaml': 'w: 1\n',
      'apps/two/overlays/stage/kustomization.yaml': 'w: 2\n',
      'apps/two/overlays/prod': { link: 'stage' },
    };
    const { 'README.md': _, 'apps/two/overlays/prod': __, ...texts } = files;
    const unread = { 'apps/two/overlays/prod': 'is a symbolic link' };

    it('reads the followed folders each by itself', async () => {
      server.git.commit({
        ...files,
        ...Object.fromEntries(
          Array.from({ length: 10 }, (_unused, index) => [
            `src/${index}/a.ts`,
            '',
          ]),
        ),
      });
      server.maxTreeEntries = 20;
      expect(content(await read())).toEqual({ files: texts, unread });
      const calls = server.takeCalls();
      expect(calls.filter(call => call === TREE)).toHaveLength(4);
    });

    it('goes down folder by folder where those are cut short too', async () => {
      server.git.commit(files);
      server.maxTreeEntries = 4;
      expect(content(await read())).toEqual({ files: texts, unread });
    });

    it('says which folder is too large to be listed', async () => {
      server.git.commit({
        ...files,
        'apps/two/1': '',
        'apps/two/2': '',
        'apps/two/3': '',
      });
      server.maxTreeEntries = 4;
      await expect(read()).rejects.toThrow(
        'GitHub cuts the list of what is in apps/two short',
      );
    });
  });

  describe('of a commit that follows', () => {
    it.each([1, 2, 7])(
      'costs 2 calls and one for each of %s overlays, history and all',
      async k => {
        const changed = Array.from({ length: k }, (_, index) =>
          overlay(`e${index}`),
        );
        server.git.commit(
          Object.fromEntries(
            Array.from({ length: 200 }, (_, index) => [
              overlay(`e${index}`),
              pin(`1.${index}`),
            ]),
          ),
        );
        const client = server.client();
        const previous = await readSnapshot(client, await client.head());
        server.takeCalls();
        server.git.commit(
          Object.fromEntries(
            changed.map((path, index) => [path, pin(`2.${index}`)]),
          ),
        );
        const head = await client.head();
        const next = await readSnapshot(client, head, previous);
        const history = await readHistory(
          client,
          previous.snapshot.commit,
          head,
        );
        expect(server.takeCalls()).toEqual([
          REF,
          COMPARE,
          ...changed.map(() => BLOB),
        ]);
        expect(next.changedPaths).toEqual(new Set(changed));
        expect(next.snapshot.files.get(changed[0])).toBe(pin('2.0'));
        expect(next.snapshot.files.get(overlay('e100'))).toBe(pin('1.100'));
        expect(history.commits.map(({ paths }) => new Set(paths))).toEqual([
          new Set(changed),
        ]);
      },
    );

    it('costs the same when a pull request was merged', async () => {
      server.git.commit({ [overlay('stage')]: pin('1') });
      const client = server.client();
      const previous = await readSnapshot(client, await client.head());
      server.git.commit(
        { [overlay('stage')]: pin('2') },
        { branch: 'promote' },
      );
      server.git.merge('promote');
      server.takeCalls();
      const head = await client.head();
      const next = await readSnapshot(client, head, previous);
      const history = await readHistory(client, previous.snapshot.commit, head);
      expect(server.takeCalls()).toEqual([REF, COMPARE, BLOB]);
      expect(next.changedPaths).toEqual(new Set([overlay('stage')]));
      expect(history).toMatchObject({
        aheadBy: 2,
        commits: [{ paths: [overlay('stage')] }],
      });
    });

    it('costs one conditional call while nothing happens', async () => {
      server.git.commit({ [overlay('stage')]: pin('1') });
      const client = server.client();
      await client.head();
      server.takeCalls();
      await client.head();
      await client.head();
      expect(server.takeCalls()).toEqual([`${REF} 304`, `${REF} 304`]);
    });

    it('costs no content when nothing followed changed', async () => {
      const { previous, next, calls } = await follow(
        {},
        { 'README.md': 'new' },
      );
      expect(calls).toEqual([REF, COMPARE]);
      expect(next.snapshot.commit).not.toBe(previous.snapshot.commit);
      expect(next.changedPaths).toEqual(new Set());
      expect(content(next)).toEqual(content(previous));
    });

    it('takes a file away that was deleted', async () => {
      const { next, calls } = await follow(
        { 'apps/a.yaml': 'a: 1\n' },
        { 'apps/a.yaml': null },
      );
      expect(calls).toEqual([REF, COMPARE]);
      expect(next.snapshot.files.has('apps/a.yaml')).toBe(false);
      expect(next.shas.has('apps/a.yaml')).toBe(false);
      expect(next.changedPaths).toEqual(new Set(['apps/a.yaml']));
    });

    it('moves a file that was renamed without reading it again', async () => {
      const { next, calls } = await follow(
        { 'apps/a.yaml': 'a: 1\n' },
        { 'apps/a.yaml': null, 'apps/b.yaml': 'a: 1\n' },
      );
      expect(calls).toEqual([REF, COMPARE]);
      expect(content(next).files).toEqual({
        [overlay('stage')]: pin('1'),
        'apps/b.yaml': 'a: 1\n',
      });
      expect(next.changedPaths).toEqual(
        new Set(['apps/a.yaml', 'apps/b.yaml']),
      );
    });

    it('drops a file that was renamed to what is not followed', async () => {
      const { next } = await follow(
        { 'apps/a.yaml': 'a: 1\n' },
        { 'apps/a.yaml': null, 'apps/a.yaml.off': 'a: 1\n' },
      );
      expect(content(next).files).toEqual({ [overlay('stage')]: pin('1') });
    });

    it('takes the content that another file has already', async () => {
      const { next, calls } = await follow(
        { 'apps/a.yaml': 'a: 1\n' },
        { 'apps/b.yaml': 'a: 1\n' },
      );
      expect(calls).toEqual([REF, COMPARE]);
      expect(next.snapshot.files.get('apps/b.yaml')).toBe('a: 1\n');
    });

    it.each<
      [
        what: string,
        before: Record<string, Entry>,
        then: Record<string, Entry>,
        executable: string[],
        asked: string[],
      ]
    >([
      [
        'stays so when its content changes',
        { [overlay('stage')]: { executable: pin('1') } },
        { [overlay('stage')]: { executable: pin('2') } },
        [overlay('stage')],
        [COMPARE, BLOB],
      ],
      [
        'became so',
        {},
        { [overlay('stage')]: { executable: pin('1') } },
        [overlay('stage')],
        [COMPARE, TREE],
      ],
      [
        'is so no more',
        { [overlay('stage')]: { executable: pin('1') } },
        { [overlay('stage')]: pin('1') },
        [],
        [COMPARE, TREE],
      ],
      [
        'is new',
        {},
        { [overlay('prod')]: { executable: pin('2') } },
        [overlay('prod')],
        [COMPARE, TREE, BLOB],
      ],
      [
        'was moved',
        { [overlay('prod')]: { executable: pin('2') } },
        {
          [overlay('prod')]: null,
          [overlay('live')]: { executable: pin('2') },
        },
        [overlay('live')],
        [COMPARE, TREE],
      ],
      [
        'was deleted',
        { [overlay('prod')]: { executable: pin('2') } },
        { [overlay('prod')]: null },
        [],
        [COMPARE],
      ],
    ])(
      'knows of an executable overlay that it %s',
      async (_, before, then, paths, asked) => {
        const { next, calls } = await follow(before, then);
        expect(executable(next)).toEqual(paths);
        expect(next.changedPaths).toEqual(new Set(Object.keys(then)));
        expect(calls).toEqual([REF, ...asked]);
      },
    );

    it.each<
      [
        what: string,
        before: Record<string, Entry>,
        then: Record<string, Entry>,
        unread: Record<string, string>,
      ]
    >([
      [
        'a file that became a link',
        {},
        { [overlay('stage')]: { link: '../local/kustomization.yaml' } },
        { [overlay('stage')]: 'is a symbolic link' },
      ],
      [
        'an overlay that became a link',
        {},
        { 'apps/demo/overlays/stage': { link: 'local' } },
        { 'apps/demo/overlays/stage': 'is a symbolic link' },
      ],
      [
        'an overlay that became a submodule',
        {},
        { 'apps/demo/overlays/stage': SUBMODULE },
        { 'apps/demo/overlays/stage': 'is a submodule' },
      ],
      [
        'a new submodule whose name is that of a file',
        {},
        { 'apps/sub.yaml': SUBMODULE },
        { 'apps/sub.yaml': 'is a submodule' },
      ],
      [
        'a link that was moved',
        { 'apps/link': { link: 'demo' } },
        { 'apps/link': null, 'apps/moved': { link: 'demo' } },
        { 'apps/moved': 'is a symbolic link' },
      ],
      [
        'a file that outgrew the limit',
        { 'apps/a.yaml': 'a: 1\n' },
        { 'apps/a.yaml': 'a: 1\n'.repeat(200_000) },
        { 'apps/a.yaml': 'is larger than 512 KiB' },
      ],
      [
        'a file that became binary',
        { 'apps/a.yaml': 'a: 1\n' },
        { 'apps/a.yaml': Buffer.from([0, 0xff]) },
        { 'apps/a.yaml': 'is no UTF-8 text' },
      ],
      [
        'a link that became a folder',
        { 'apps/a': { link: 'demo' } },
        { 'apps/a/kustomization.yaml': 'a: 1\n' },
        {},
      ],
      [
        'a large file that became small',
        { 'apps/a.yaml': 'a: 1\n'.repeat(200_000) },
        { 'apps/a.yaml': 'a: 1\n' },
        {},
      ],
      [
        'a submodule that became a file',
        { 'apps/a.yaml': SUBMODULE },
        { 'apps/a.yaml': 'a: 1\n' },
        {},
      ],
      [
        'a file of one line without an end',
        { 'apps/a.yaml': 'a: 1\n' },
        { 'apps/a.yaml': 'a: 2' },
        {},
      ],
    ])('tells %s', async (_, before, then, unread) => {
      const { next, calls } = await follow(before, then);
      expect(content(next).unread).toEqual(unread);
      expect(content(next)).toEqual(content(await read()));
      expect(calls.length).toBeLessThanOrEqual(4);
    });

    it('looks at the tree when the branch was moved by force', async () => {
      const first = server.git.commit({ [overlay('stage')]: pin('1') });
      server.git.commit({ 'apps/a.yaml': 'a: 1\n' });
      const previous = await read();
      server.git.commit({ 'apps/b.yaml': 'b: 1\n' }, { parents: [first] });
      server.takeCalls();
      const next = await read(previous);
      expect(server.takeCalls()).toEqual([REF, COMPARE, TREE, BLOB]);
      expect(content(next).files).toEqual({
        [overlay('stage')]: pin('1'),
        'apps/b.yaml': 'b: 1\n',
      });
      expect(next.changedPaths).toEqual(
        new Set(['apps/a.yaml', 'apps/b.yaml']),
      );
    });

    it('looks at the tree when the commit before is gone', async () => {
      server.git.commit({ [overlay('stage')]: pin('1') });
      const previous = await read();
      server.git.commits.clear();
      server.git.branches.clear();
      server.git.commit({ [overlay('stage')]: pin('2') });
      server.takeCalls();
      const next = await read(previous);
      expect(server.takeCalls()).toEqual([REF, `${COMPARE} 404`, TREE, BLOB]);
      expect(next.changedPaths).toEqual(new Set([overlay('stage')]));
    });

    it('looks at the tree when GitHub does not list all that changed', async () => {
      const many = (tag: string) =>
        Object.fromEntries(
          Array.from({ length: 301 }, (_, index) => [
            overlay(`e${index}`),
            pin(`${tag}.${index}`),
          ]),
        );
      const { next, calls } = await follow(many('1'), many('2'));
      expect(calls).toEqual([REF, COMPARE, TREE, ARCHIVE]);
      expect(content(next).files).toEqual({
        [overlay('stage')]: pin('1'),
        ...many('2'),
      });
      expect(next.changedPaths!.size).toBe(301);
    });

    it('leaves the snapshot before it as it was', async () => {
      const { previous } = await follow({}, { [overlay('stage')]: pin('2') });
      expect(content(previous).files).toEqual({ [overlay('stage')]: pin('1') });
    });

    it('follows on a snapshot that was stored and restored', async () => {
      server.git.commit({
        [overlay('stage')]: pin('1'),
        'apps/link': { link: 'demo' },
      });
      const { snapshot, shas } = await read();
      const stored = JSON.stringify([
        snapshot.commit,
        [...snapshot.files],
        [...snapshot.unread],
        [...shas],
      ]);
      const [commit, files, unread, of] = JSON.parse(stored);
      const restored: InfraSnapshot = {
        commit,
        files: new Map(files),
        unread: new Map(unread),
      };
      server.git.commit({ [overlay('stage')]: pin('2') });
      server.takeCalls();
      const next = await read({ snapshot: restored, shas: new Map(of) });
      expect(server.takeCalls()).toEqual([REF, COMPARE, BLOB]);
      expect(content(next)).toEqual({
        files: { [overlay('stage')]: pin('2') },
        unread: { 'apps/link': 'is a symbolic link' },
      });
    });
  });

  it('is the same whether followed commit by commit or read from nothing', async () => {
    const path = fc.constantFrom(
      'apps/a',
      'apps/a/kustomization.yaml',
      'apps/a/b.yaml',
      'apps/a/b/c.yaml',
      'apps/c.yaml',
      EXECUTABLE,
      'apps/notes.txt',
      'bootstrap/a.yaml',
      'bootstrap',
      'docs/a.yaml',
    );
    const entry = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('a: 1\n', 'a: 1\nb: 2\n', '') },
      { weight: 2, arbitrary: fc.constantFrom('c.yaml', 'one line', 'd\ne') },
      fc.constantFrom(Buffer.from([0, 0xff]), Buffer.from('é', 'latin1')),
      fc.constantFrom({ link: 'c.yaml' }, { link: '../a' }, { link: 'd\ne' }),
      fc.constant(SUBMODULE),
      { weight: 3, arbitrary: fc.constant(null) },
    );
    const push = fc.record({
      entries: fc.dictionary(path, entry, { minKeys: 1, maxKeys: 4 }),
      by: fc.constantFrom('commit', 'commit', 'merge', 'force'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(push, { minLength: 1, maxLength: 6 }),
        async pushes => {
          const { git } = server;
          [git.branches, git.commits].forEach(map => map.clear());
          const root = git.commit({ [overlay('stage')]: pin('1') });
          let followed = await read();
          for (const { entries: pushed, by } of pushes) {
            const entries = withModes(pushed);
            if (by === 'merge') {
              git.branches.delete('side');
              git.commit(entries, { branch: 'side' });
              git.merge('side');
            } else {
              const parents = by === 'force' ? [root] : undefined;
              git.commit(entries, { parents });
            }
            const before = followed;
            followed = await read(followed);
            const fresh = await read();
            expect(content(followed)).toEqual(content(fresh));
            expect(executable(followed)).toEqual(executable(fresh));
            expect(new Map(followed.shas)).toEqual(new Map(fresh.shas));
            expect(followed.changedPaths).toEqual(differing(before, fresh));
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});

// A mode that changes together with the content is the one thing that is not seen.
function withModes(entries: Record<string, Entry>): Record<string, Entry> {
  const entry = entries[EXECUTABLE];
  return typeof entry === 'string'
    ? { ...entries, [EXECUTABLE]: { executable: entry } }
    : entries;
}

function differing(before: ReadSnapshot, after: ReadSnapshot): Set<string> {
  const of = ({ snapshot, shas }: ReadSnapshot, path: string) =>
    JSON.stringify([
      shas.get(path),
      snapshot.files.get(path),
      snapshot.unread.get(path),
    ]);
  return new Set(
    [...before.shas.keys(), ...after.shas.keys()].filter(
      path => of(before, path) !== of(after, path),
    ),
  );
}
