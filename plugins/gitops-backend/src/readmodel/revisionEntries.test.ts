import fc from 'fast-check';
import { UpstreamEntry } from '../database/UpstreamStore';
import { ReadSnapshot } from '../github/readSnapshot';
import {
  applyRevisionEntries,
  entriesOfRevision,
  FollowedRevision,
  FollowedRevisions,
  previousOf,
} from './revisionEntries';

/** A tree in short: text by path, or why a path is not read. */
type Tree = Record<
  string,
  string | { unread: string } | { executable: string }
>;

function read(commit: string, tree: Tree): ReadSnapshot {
  const files = new Map<string, string>();
  const unread = new Map<string, string>();
  const executable = new Set<string>();
  const shas = new Map<string, string>();
  for (const [path, content] of Object.entries(tree)) {
    if (typeof content !== 'string' && 'unread' in content) {
      shas.set(path, `sha of ${content.unread}`);
      unread.set(path, content.unread);
      continue;
    }
    const isExecutable = typeof content !== 'string';
    const text = isExecutable ? content.executable : content;
    shas.set(path, `sha of ${text}`);
    files.set(path, text);
    if (isExecutable) {
      executable.add(path);
    }
  }
  return { snapshot: { commit, files, unread, executable }, shas };
}

const at = (commit: string, tree: Tree): FollowedRevision => ({
  commit,
  read: read(commit, tree),
});

function keys(entries: UpstreamEntry[]): string[] {
  return entries.map(
    ({ key, value }) => `${value === undefined ? '-' : '+'} ${key}`,
  );
}

// As the database keeps and gives them.
const stored = (entries: UpstreamEntry[]): UpstreamEntry[] =>
  entries.map(({ key, value }) => ({
    key,
    value: value === undefined ? undefined : JSON.parse(JSON.stringify(value)),
  }));

/** Takes over a change the way a process does that did not make it. */
function follow(
  known: FollowedRevisions,
  name: string,
  before: FollowedRevision | undefined,
  after: FollowedRevision | undefined,
): FollowedRevisions {
  return applyRevisionEntries(
    known,
    stored(entriesOfRevision(name, before, after)),
  );
}

const FIRST = at('1', {
  'apps/a.yaml': 'a',
  'apps/b.yaml': 'b',
  'apps/link': { unread: 'is a symbolic link' },
});

describe('entriesOfRevision', () => {
  it('writes all of a revision that is new', () => {
    expect(keys(entriesOfRevision('main', undefined, FIRST))).toEqual([
      '+ revision:main',
      '+ file:main:apps/a.yaml',
      '+ file:main:apps/b.yaml',
      '+ file:main:apps/link',
    ]);
  });

  it('writes only what changed', () => {
    const next = at('2', {
      'apps/a.yaml': 'a',
      'apps/b.yaml': 'changed',
      'apps/c.yaml': 'new',
    });
    expect(keys(entriesOfRevision('main', FIRST, next))).toEqual([
      '+ revision:main',
      '+ file:main:apps/b.yaml',
      '+ file:main:apps/c.yaml',
      '- file:main:apps/link',
    ]);
  });

  it('writes nothing of what is the same', () => {
    expect(entriesOfRevision('main', FIRST, FIRST)).toEqual([]);
  });

  it('removes the files of a revision that means nothing any more', () => {
    const problem = { problem: 'the revision v1 is not in demo/gitops-infra' };
    expect(keys(entriesOfRevision('v1', FIRST, problem))).toEqual([
      '+ revision:v1',
      '- file:v1:apps/a.yaml',
      '- file:v1:apps/b.yaml',
      '- file:v1:apps/link',
    ]);
    const known = follow(new Map(), 'v1', undefined, FIRST);
    expect(follow(known, 'v1', FIRST, problem)).toEqual(
      new Map([['v1', problem]]),
    );
    expect(follow(known, 'v1', FIRST, undefined)).toEqual(new Map());
  });
});

describe('applyRevisionEntries', () => {
  it('keeps revisions apart, and snapshots that others hold as they are', () => {
    const one = follow(new Map(), 'main', undefined, FIRST);
    const both = follow(
      one,
      'v1',
      undefined,
      at('0', { 'apps/a.yaml': 'old' }),
    );
    expect(both.get('main')).toEqual(FIRST);
    expect(both.get('v1')?.read?.snapshot.files.get('apps/a.yaml')).toBe('old');
    expect(one.has('v1')).toBe(false);

    const moved = follow(one, 'main', FIRST, at('2', {}));
    expect(moved.get('main')?.read?.snapshot.files.size).toBe(0);
    expect(one.get('main')).toEqual(FIRST);
  });

  it('moves the snapshot to the new commit although no file changed', () => {
    const known = follow(new Map(), 'main', undefined, FIRST);
    const next = {
      commit: '2',
      read: {
        ...FIRST.read!,
        snapshot: { ...FIRST.read!.snapshot, commit: '2' },
      },
    };
    expect(follow(known, 'main', FIRST, next).get('main')).toEqual(next);
  });

  it('takes what was written before more was followed for outdated, until it is read again', () => {
    const [revision, ...files] = stored(
      entriesOfRevision('main', undefined, FIRST),
    );
    const before = applyRevisionEntries(new Map(), [
      { ...revision, value: { commit: '1' } },
      ...files,
    ]);
    expect(before.get('main')).toEqual({ ...FIRST, outdated: true });
    expect(previousOf(before.get('main'))).toEqual({
      ...FIRST.read,
      outdated: true,
    });
    const after = follow(before, 'main', before.get('main'), FIRST);
    expect(after.get('main')).toEqual(FIRST);
    expect(previousOf(FIRST)?.outdated).toBeUndefined();
  });

  it('has, after any changes, what was read', () => {
    const content = fc.oneof(
      fc.constantFrom('a', 'b', ''),
      fc.record({ unread: fc.constantFrom('is a symbolic link', 'is large') }),
      fc.record({ executable: fc.constantFrom('a', 'b') }),
    );
    const tree = fc.dictionary(
      fc.constantFrom('apps/a.yaml', 'apps/a:b.yaml', 'bootstrap/x.yml'),
      content,
    );
    fc.assert(
      fc.property(fc.array(tree, { minLength: 1 }), trees => {
        let known: FollowedRevisions = new Map();
        let before: FollowedRevision | undefined;
        trees.forEach((files, index) => {
          const after = at(`${index}`, files);
          known = follow(known, 'main', before, after);
          expect(known.get('main')?.commit).toBe(after.commit);
          // A tree that never had a file has no snapshot of its own.
          const readAgain = known.get('main')?.read ?? read(`${index}`, {});
          expect(readAgain).toEqual(after.read);
          before = after;
        });
      }),
    );
  });
});
