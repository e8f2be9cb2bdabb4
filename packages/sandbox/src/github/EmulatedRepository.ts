import { parseObject } from '../http/messages';
import { Emulator } from './Emulator';
import { mergeBase } from './mergeBase';

/** Who made a commit, and when. */
export interface Signature {
  name: string;
  email: string;
  date: string;
}

/** New content by path; null removes the file. */
export type FileChanges = Record<string, string | null>;

/** A regular file of a tree. */
export interface TreeFile {
  path: string;
  sha: string;
  mode: string;
}

/** A commit as a list of them shows it. */
export interface CommitSummary {
  sha: string;
  message: string;
  author: Signature;
  parents: string[];
}

/** A file as a comparison of two commits shows it. */
export interface FileDiff {
  filename: string;
  status: string;
  additions: number;
  deletions: number;
  patch?: string;
}

/** How one commit stands to another. */
export interface Comparison {
  mergeBase: string;
  aheadBy: number;
  files: FileDiff[];
}

/** A pull request as the emulator stores it. */
export interface StoredPull {
  number: number;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  merged: boolean;
  head: { ref: string; sha: string };
  base: { ref: string; sha: string };
}

/** An answer of the emulator that is not a success. */
export class EmulatorError extends Error {
  readonly status: number;

  constructor(what: string, status: number, body: Buffer) {
    super(`The GitHub emulator answered ${status} to ${what}: ${body}`);
    this.status = status;
  }
}

/** The one repository of the emulator, for the sandbox itself: reads it, commits to it. */
export class EmulatedRepository {
  readonly owner: string;
  readonly name: string;
  readonly branch: string;
  readonly #emulator: Emulator;
  readonly #blobs = new Map<string, Buffer>();
  readonly #parents = new Map<string, string[]>();

  constructor(
    emulator: Emulator,
    repository: { owner: string; name: string; branch: string },
  ) {
    this.#emulator = emulator;
    this.owner = repository.owner;
    this.name = repository.name;
    this.branch = repository.branch;
  }

  get path(): string {
    return `/repos/${this.owner}/${this.name}`;
  }

  /** The commit that a branch points at, or undefined where there is no such branch. */
  async branchHead(branch: string): Promise<string | undefined> {
    const ref = await this.#find<{ object: { sha: string } }>(
      `/git/ref/heads/${branch}`,
    );
    return ref?.object.sha;
  }

  /** The commit that the default branch points at. */
  async head(): Promise<string> {
    const head = await this.branchHead(this.branch);
    if (!head) {
      throw new Error(`The emulated repository has no branch ${this.branch}`);
    }
    return head;
  }

  /** The files of a commit. */
  async tree(commit: string): Promise<TreeFile[]> {
    const { tree } = await this.#call<{
      tree: (TreeFile & { type: string })[];
    }>('GET', `/git/trees/${commit}?recursive=1`);
    return tree
      .filter(({ type }) => type === 'blob')
      .map(({ path, sha, mode }) => ({ path, sha, mode }));
  }

  /** The content of a file of a tree. */
  async blob(sha: string): Promise<Buffer> {
    const known = this.#blobs.get(sha);
    if (known) {
      return known;
    }
    const { content } = await this.#call<{ content: string }>(
      'GET',
      `/git/blobs/${sha}`,
    );
    const blob = Buffer.from(content, 'base64');
    this.#blobs.set(sha, blob);
    return blob;
  }

  /** The text of a file at a commit, or undefined where there is none. */
  async text(commit: string, path: string): Promise<string | undefined> {
    const file = (await this.tree(commit)).find(entry => entry.path === path);
    return file && (await this.blob(file.sha)).toString('utf8');
  }

  /** Commits from one backwards, at most 100; with a path, those that touch it. */
  async commits(from: string, path?: string): Promise<CommitSummary[]> {
    const query = new URLSearchParams({ sha: from, per_page: '100' });
    if (path) {
      query.set('path', path);
    }
    const commits = await this.#call<
      {
        sha: string;
        commit: { message: string; author: Signature };
        parents: { sha: string }[];
      }[]
    >('GET', `/commits?${query}`);
    return commits.map(({ sha, commit, parents }) => ({
      sha,
      message: commit.message,
      author: commit.author,
      parents: parents.map(parent => parent.sha),
    }));
  }

  /** How a commit stands to another. */
  async compare(base: string, head: string): Promise<Comparison> {
    const comparison = await this.#call<{
      merge_base_commit: { sha: string };
      ahead_by: number;
      files: FileDiff[];
    }>('GET', `/compare/${base}...${head}`);
    const aheadBy = comparison.ahead_by;
    const emulated = comparison.merge_base_commit.sha;
    // The emulator takes the common ancestor that is nearest to both, from which others may descend.
    const best =
      (await mergeBase(base, head, sha => this.#parentsOf(sha))) ?? emulated;
    return best === emulated
      ? { mergeBase: best, aheadBy, files: comparison.files }
      : { mergeBase: best, aheadBy, files: await this.#changed(best, head) };
  }

  /** What a commit changed against its first parent, or undefined where there is no such commit. */
  async commit(
    ref: string,
  ): Promise<(CommitSummary & { files: FileDiff[] }) | undefined> {
    const found = await this.#find<{
      sha: string;
      commit: { message: string; author: Signature };
      parents: { sha: string }[];
      files: FileDiff[];
    }>(`/commits/${encodeURIComponent(ref)}`);
    return (
      found && {
        sha: found.sha,
        message: found.commit.message,
        author: found.commit.author,
        parents: found.parents.map(parent => parent.sha),
        files: found.files,
      }
    );
  }

  /** Every pull request, newest first; at most 100. */
  async pulls(): Promise<StoredPull[]> {
    return this.#call('GET', '/pulls?state=all&per_page=100');
  }

  async pull(number: number): Promise<StoredPull | undefined> {
    return this.#find(`/pulls/${number}`);
  }

  async closePull(number: number): Promise<void> {
    await this.#call('PATCH', `/pulls/${number}`, { state: 'closed' });
  }

  /** Makes a tree from whole files, on top of that of a commit where there is one. Returns its SHA. */
  async createTree(
    files: FileChanges,
    base: string | undefined,
  ): Promise<string> {
    const { sha } = await this.#call<{ sha: string }>('POST', '/git/trees', {
      base_tree: base && (await this.#treeOf(base)),
      tree: Object.entries(files).map(([path, content]) => ({
        path,
        mode: '100644',
        type: 'blob',
        ...(content === null ? { sha: null } : { content }),
      })),
    });
    return sha;
  }

  /** Makes a tree from files that the repository has already. Returns its SHA. */
  async createTreeOf(files: Iterable<TreeFile>): Promise<string> {
    const { sha } = await this.#call<{ sha: string }>('POST', '/git/trees', {
      tree: [...files].map(file => ({ ...file, type: 'blob' })),
    });
    return sha;
  }

  /** Makes a commit that no branch points at yet. Returns its SHA. */
  async createCommit(commit: {
    message: string;
    tree: string;
    parents: string[];
    author?: Signature;
  }): Promise<string> {
    const { message, tree, parents, author } = commit;
    const { sha } = await this.#call<{ sha: string }>('POST', '/git/commits', {
      message,
      tree,
      parents,
      author,
      committer: author,
    });
    return sha;
  }

  /** Points a branch at a commit, whatever it pointed at before. */
  async setBranch(branch: string, commit: string): Promise<void> {
    if (await this.branchHead(branch)) {
      await this.#call('PATCH', `/git/refs/heads/${branch}`, {
        sha: commit,
        force: true,
      });
    } else {
      await this.#call('POST', '/git/refs', {
        ref: `refs/heads/${branch}`,
        sha: commit,
      });
    }
  }

  async #parentsOf(commit: string): Promise<string[]> {
    const known = this.#parents.get(commit);
    if (known) {
      return known;
    }
    const { parents } = await this.#call<{ parents: { sha: string }[] }>(
      'GET',
      `/git/commits/${commit}`,
    );
    const shas = parents.map(({ sha }) => sha);
    this.#parents.set(commit, shas);
    return shas;
  }

  // The emulator tells what a commit changes against its parent: one that nothing points at has one tree on the other.
  async #changed(from: string, to: string): Promise<FileDiff[]> {
    const commit = await this.createCommit({
      message: `${from}...${to}`,
      tree: await this.#treeOf(to),
      parents: [from],
    });
    return (await this.commit(commit))?.files ?? [];
  }

  async #treeOf(commit: string): Promise<string> {
    const { tree } = await this.#call<{ tree: { sha: string } }>(
      'GET',
      `/git/commits/${commit}`,
    );
    return tree.sha;
  }

  async #find<T>(path: string): Promise<T | undefined> {
    try {
      return await this.#call<T>('GET', path);
    } catch (error) {
      if (error instanceof EmulatorError && error.status === 404) {
        return undefined;
      }
      throw error;
    }
  }

  async #call<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await this.#emulator.request(method, `${this.path}${path}`, {
      body: body && Buffer.from(JSON.stringify(body)),
    });
    if (answer.status >= 300) {
      throw new EmulatorError(`${method} ${path}`, answer.status, answer.body);
    }
    const text = answer.body.toString('utf8');
    return (text.startsWith('[') ? JSON.parse(text) : parseObject(text)) as T;
  }
}
