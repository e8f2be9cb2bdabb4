import { createHash } from 'node:crypto';

/** What a commit puts at a path; null removes what is there. */
export type Entry =
  | string
  | Buffer
  | { executable: string }
  | { link: string }
  | { submodule: string }
  | null;

/** Something at a path, as Git stores it. */
export interface Stored {
  mode: '100644' | '100755' | '120000' | '160000';
  /** A blob's SHA as Git computes it, or the commit that a submodule is at. */
  sha: string;
  /** A submodule has none. */
  content?: Buffer;
}

/** A commit with all of its tree. */
export interface Commit {
  sha: string;
  parents: string[];
  message: string;
  tree: ReadonlyMap<string, Stored>;
}

/** A difference of two trees. */
export interface Difference {
  path: string;
  status: 'added' | 'modified' | 'removed' | 'renamed';
  movedFrom?: string;
  before?: Stored;
  after?: Stored;
}

/** An entry of one folder. */
export interface TreeEntry {
  path: string;
  type: 'blob' | 'tree' | 'commit';
  mode: string;
  sha: string;
  size?: number;
}

/** A Git repository in memory, as far as a client of GitHub's API sees one. */
export class GitHistory {
  readonly branches = new Map<string, string>();
  readonly tags = new Map<string, string>();
  readonly commits = new Map<string, Commit>();
  readonly blobs = new Map<string, Buffer>();
  /** Every folder's files and folders by the folder's SHA. */
  readonly folders = new Map<string, ReadonlyMap<string, Stored>>();

  #made = 0;

  /** Commits to a branch, on top of what is given or of the branch. */
  commit(
    entries: Record<string, Entry>,
    options: {
      branch?: string;
      parents?: string[];
      message?: string;
    } = {},
  ): string {
    const { branch = 'main', message = 'a change' } = options;
    const head = this.branches.get(branch) ?? this.branches.get('main');
    const parents = options.parents ?? (head ? [head] : []);
    const tree = new Map(this.commits.get(parents[0])?.tree);
    for (const [path, entry] of Object.entries(entries)) {
      put(tree, path, entry);
    }
    for (const { content, sha } of tree.values()) {
      if (content) {
        this.blobs.set(sha, content);
      }
    }
    const sha = digest('sha1', `${this.#made++} ${message} ${parents}`);
    this.commits.set(sha, { sha, parents, message, tree });
    this.folders.set(sha, tree);
    this.branches.set(branch, sha);
    return sha;
  }

  /** Merges a branch into another, with a commit of its own. */
  merge(branch: string, into = 'main'): string {
    const [ours, theirs] = [into, branch].map(name => this.branches.get(name)!);
    const base = this.ancestry(ours).find(sha =>
      this.ancestry(theirs).includes(sha),
    )!;
    const merged: Record<string, Entry> = {};
    for (const { path, movedFrom, after } of this.differences(base, theirs)) {
      merged[path] = asEntry(after);
      if (movedFrom) {
        merged[movedFrom] = null;
      }
    }
    return this.commit(merged, {
      branch: into,
      parents: [ours, theirs],
      message: `Merge ${branch}`,
    });
  }

  /** The commit and all before it, each after those that it comes from. */
  ancestry(sha: string): string[] {
    const seen = new Set<string>();
    const open = [sha];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (!seen.has(at)) {
        seen.add(at);
        open.push(...(this.commits.get(at)?.parents ?? []));
      }
    }
    const order = [...this.commits.keys()];
    return [...seen].sort((a, b) => order.indexOf(b) - order.indexOf(a));
  }

  differences(base: string | undefined, head: string): Difference[] {
    const before = new Map(this.commits.get(base ?? '')?.tree);
    const after = new Map(this.commits.get(head)?.tree);
    const found: Difference[] = [];
    const removed: Difference[] = [];
    for (const path of new Set([...before.keys(), ...after.keys()])) {
      const [was, is] = [before.get(path), after.get(path)];
      if (!is) {
        removed.push({ path, status: 'removed', before: was });
      } else if (was?.sha !== is.sha || was.mode !== is.mode) {
        const status = was ? 'modified' : 'added';
        found.push({ path, status, before: was, after: is });
      }
    }
    // Git takes what is gone here and new there for moved where it is of the same kind.
    for (const gone of removed) {
      const to = found.find(
        ({ status, after: is }) =>
          status === 'added' &&
          is?.sha === gone.before?.sha &&
          is?.mode === gone.before?.mode,
      );
      if (to) {
        Object.assign(to, { status: 'renamed', movedFrom: gone.path });
      } else {
        found.push(gone);
      }
    }
    return found;
  }

  /** The entries of a tree, of a commit or a folder; undefined where there is no such tree. */
  entries(sha: string, recursive: boolean): TreeEntry[] | undefined {
    const tree = this.folders.get(sha);
    if (!tree) {
      return undefined;
    }
    const entries: TreeEntry[] = [];
    const inside = new Map<string, Map<string, Stored>>();
    for (const [path, stored] of tree) {
      const [name, ...rest] = path.split('/');
      if (rest.length > 0) {
        const folder = inside.get(name) ?? new Map<string, Stored>();
        inside.set(name, folder.set(rest.join('/'), stored));
      } else {
        entries.push({
          path,
          type: stored.mode === '160000' ? 'commit' : 'blob',
          mode: stored.mode,
          sha: stored.sha,
          size: stored.content?.length,
        });
      }
    }
    for (const [path, folder] of inside) {
      const folderSha = digest(
        'sha1',
        JSON.stringify([...folder].map(([name, { sha: of }]) => [name, of])),
      );
      this.folders.set(folderSha, folder);
      entries.push({ path, type: 'tree', mode: '040000', sha: folderSha });
      for (const entry of (recursive && this.entries(folderSha, true)) || []) {
        entries.push({ ...entry, path: `${path}/${entry.path}` });
      }
    }
    return entries;
  }
}

export function storedOf(entry: Exclude<Entry, null>): Stored {
  if (typeof entry === 'object' && 'submodule' in entry) {
    return { mode: '160000', sha: entry.submodule };
  }
  const [mode, text] = modeAndText(entry);
  const content = Buffer.from(text);
  return {
    mode,
    sha: digest(
      'sha1',
      Buffer.concat([Buffer.from(`blob ${content.length}\0`), content]),
    ),
    content,
  };
}

function modeAndText(
  entry: Exclude<Entry, null | { submodule: string }>,
): [mode: Stored['mode'], text: string | Buffer] {
  if (typeof entry === 'object' && 'link' in entry) {
    return ['120000', entry.link];
  }
  return typeof entry === 'object' && 'executable' in entry
    ? ['100755', entry.executable]
    : ['100644', entry];
}

function asEntry(stored: Stored | undefined): Entry {
  switch (stored?.mode) {
    case undefined:
      return null;
    case '160000':
      return { submodule: stored!.sha };
    case '120000':
      return { link: stored!.content!.toString() };
    case '100755':
      return { executable: stored!.content!.toString() };
    default:
      return stored!.content!;
  }
}

// What is at a path takes the place of a folder there, and of what stands where the path has folders.
function put(tree: Map<string, Stored>, path: string, entry: Entry): void {
  if (entry === null) {
    tree.delete(path);
    return;
  }
  const segments = path.split('/');
  for (let depth = 1; depth < segments.length; depth++) {
    tree.delete(segments.slice(0, depth).join('/'));
  }
  for (const other of [...tree.keys()]) {
    if (other.startsWith(`${path}/`)) {
      tree.delete(other);
    }
  }
  tree.set(path, storedOf(entry));
}

export function digest(algorithm: string, text: string | Buffer): string {
  return createHash(algorithm).update(text).digest('hex');
}
