import { createHash } from 'node:crypto';

const FILE_MODE = '100644';
const FOLDER_MODE = '40000';

/** An entry of a tree: a file or a folder. */
export interface TreeEntry {
  mode: string;
  sha: string;
}

/** A regular file below a tree. */
export interface GitFile {
  path: string;
  mode: string;
  sha: string;
  size: number;
}

/** Who made a commit, and when. */
export interface CommitSignature {
  name: string;
  email: string;
  date: Date;
}

/** A commit's content. */
export interface GitCommit {
  tree: string;
  parents: string[];
  author: CommitSignature;
  message: string;
}

/** What is at paths afterwards: the SHA of a blob, or null where there is nothing. */
export type TreeChanges = ReadonlyMap<string, string | null>;

type Folder = ReadonlyMap<string, TreeEntry>;

/**
 * Git's object database in memory: blobs, trees and commits by the SHA that Git gives them. A change makes only the
 * folders on its way anew, so that a commit costs what it changes and not what the repository holds.
 */
export class GitObjects {
  readonly #blobs = new Map<string, Buffer>();
  readonly #trees = new Map<string, Folder>();
  readonly #commits = new Map<string, GitCommit>();

  writeBlob(content: Buffer): string {
    const sha = objectSha('blob', content);
    this.#blobs.set(sha, content);
    return sha;
  }

  blob(sha: string): Buffer | undefined {
    return this.#blobs.get(sha);
  }

  /** Writes the tree that another becomes by changes of files; the empty tree is where nothing is given. */
  writeTree(base: string | undefined, changes: TreeChanges): string {
    const entries = new Map(base ? this.#folder(base) : []);
    const below = new Map<string, Map<string, string | null>>();
    for (const [path, sha] of changes) {
      const slash = path.indexOf('/');
      if (slash >= 0) {
        const name = path.slice(0, slash);
        const inside = below.get(name) ?? new Map<string, string | null>();
        below.set(name, inside.set(path.slice(slash + 1), sha));
      } else if (sha === null) {
        entries.delete(path);
      } else {
        entries.set(path, { mode: entries.get(path)?.mode ?? FILE_MODE, sha });
      }
    }
    for (const [name, inside] of below) {
      const existing = entries.get(name);
      const tree = this.writeTree(
        existing?.mode === FOLDER_MODE ? existing.sha : undefined,
        inside,
      );
      if (this.#folder(tree).size > 0) {
        entries.set(name, { mode: FOLDER_MODE, sha: tree });
      } else {
        // Git has no empty folders.
        entries.delete(name);
      }
    }
    return this.#putTree(entries);
  }

  /** The entries of one folder, in Git's order; undefined where there is no such tree. */
  tree(sha: string): Folder | undefined {
    return this.#trees.get(sha);
  }

  writeCommit(commit: GitCommit): string {
    const { tree, parents, author, message } = commit;
    const person = `${author.name} <${author.email}> ${Math.floor(
      author.date.getTime() / 1000,
    )} +0000`;
    const lines = [
      `tree ${tree}`,
      ...parents.map(parent => `parent ${parent}`),
      `author ${person}`,
      `committer ${person}`,
      '',
      message,
    ];
    const sha = objectSha('commit', Buffer.from(lines.join('\n')));
    this.#commits.set(sha, commit);
    return sha;
  }

  commit(sha: string): GitCommit | undefined {
    return this.#commits.get(sha);
  }

  /** The entry at a path of a tree. */
  entryAt(tree: string, path: string): TreeEntry | undefined {
    let entry: TreeEntry | undefined = { mode: FOLDER_MODE, sha: tree };
    for (const name of path.split('/').filter(Boolean)) {
      entry = entry && this.#trees.get(entry.sha)?.get(name);
    }
    return entry;
  }

  /** Every file and folder below a tree, each folder before what is in it. */
  *walk(
    tree: string,
    prefix = '',
  ): Generator<{ path: string } & TreeEntry & { size?: number }> {
    for (const [name, entry] of this.#folder(tree)) {
      const path = `${prefix}${name}`;
      if (entry.mode === FOLDER_MODE) {
        yield { path, ...entry };
        yield* this.walk(entry.sha, `${path}/`);
      } else {
        yield { path, ...entry, size: this.#blobs.get(entry.sha)?.length ?? 0 };
      }
    }
  }

  /** The files by which two trees differ; a folder that is the same in both is not looked into. */
  diff(
    one: string | undefined,
    other: string | undefined,
    prefix = '',
  ): { path: string; before?: string; after?: string }[] {
    if (one === other) {
      return [];
    }
    const before = one ? this.#folder(one) : new Map<string, TreeEntry>();
    const after = other ? this.#folder(other) : new Map<string, TreeEntry>();
    return [...new Set([...before.keys(), ...after.keys()])].flatMap(name => {
      const path = `${prefix}${name}`;
      const [was, is] = [before.get(name), after.get(name)];
      const file = (entry: TreeEntry | undefined) =>
        entry && entry.mode !== FOLDER_MODE ? entry.sha : undefined;
      const folder = (entry: TreeEntry | undefined) =>
        entry && entry.mode === FOLDER_MODE ? entry.sha : undefined;
      return [
        ...(file(was) === file(is)
          ? []
          : [{ path, before: file(was), after: file(is) }]),
        ...this.diff(folder(was), folder(is), `${path}/`),
      ];
    });
  }

  /** A commit and all that it builds on, newest first. */
  ancestry(commit: string): string[] {
    const seen = new Set([commit]);
    // A set can grow while it is walked through.
    for (const sha of seen) {
      this.#commits.get(sha)?.parents.forEach(parent => seen.add(parent));
    }
    return [...seen];
  }

  #folder(sha: string): Folder {
    const folder = this.#trees.get(sha);
    if (!folder) {
      throw new Error(`There is no tree ${sha}`);
    }
    return folder;
  }

  #putTree(entries: Map<string, TreeEntry>): string {
    const sorted = [...entries].sort(byGitOrder);
    const content = Buffer.concat(
      sorted.flatMap(([name, { mode, sha }]) => [
        Buffer.from(`${mode} ${name}\0`),
        Buffer.from(sha, 'hex'),
      ]),
    );
    const sha = objectSha('tree', content);
    this.#trees.set(sha, new Map(sorted));
    return sha;
  }
}

/** Whether an entry of a tree is a folder. */
export function isFolder({ mode }: TreeEntry): boolean {
  return mode === FOLDER_MODE;
}

// As Git computes it: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
function objectSha(type: string, content: Buffer): string {
  return createHash('sha1')
    .update(`${type} ${content.length}\0`)
    .update(content)
    .digest('hex');
}

// Git sorts by bytes, and a folder as if its name ended with a slash.
function byGitOrder(
  [one, oneEntry]: [string, TreeEntry],
  [other, otherEntry]: [string, TreeEntry],
): number {
  const key = (name: string, entry: TreeEntry) =>
    isFolder(entry) ? `${name}/` : name;
  return Buffer.compare(
    Buffer.from(key(one, oneEntry)),
    Buffer.from(key(other, otherEntry)),
  );
}
