import { createHash } from 'node:crypto';
import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import { MergeMethod } from '../config';
import {
  PlannedEdit,
  PullRequestStatus,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { ChangedFile } from '../github/comparison';
import {
  InfraRepository,
  PullRequest,
  RepositoryWriter,
} from '../github/InfraRepository';

interface Commit {
  parents: string[];
  files: ReadonlyMap<string, string>;
  /** Those of the files that may be executed. */
  executable: ReadonlySet<string>;
  message: string;
}

type Step = keyof InfraRepository;

/**
 * A repository in memory, of the shape of one on GitHub, that counts what was done to it and fails where a test
 * tells it to: before a step took effect, or after.
 */
export class FakeGithub implements InfraRepository {
  readonly slug = 'demo/gitops-infra';
  readonly rateLimit = undefined;
  readonly branches = new Map<string, string>();
  readonly pulls: (PullRequest & {
    branch: string;
    title: string;
    body: string;
    labels: string[];
    reviewers: string[];
    checks?: PullRequestStatus['checks'];
  })[] = [];
  /** Every commit that was made through the API, in order; merges are of `pulls`. */
  readonly made: string[] = [];
  readonly #commits = new Map<string, Commit>();
  /** Whom GitHub does not let review, as the author of a pull request. */
  noReviewers: string[] = [];
  readonly #failures: { step: Step; error: Error; afterEffect: boolean }[] = [];

  constructor(files: Record<string, string>) {
    this.commit(files);
  }

  /**
   * Commits to the deployed branch.
   *
   * @param executable - which of the files may be executed; as they were when absent
   */
  commit(
    files: Record<string, string>,
    message = 'A commit',
    executable?: string[],
  ): string {
    const parent = this.branches.get('main');
    const before = this.#commits.get(parent ?? '');
    const sha = this.#store({
      parents: parent ? [parent] : [],
      message,
      executable: withModes(
        before?.executable,
        executable ? Object.keys(files) : [],
        path => executable!.includes(path),
      ),
      files: new Map([...(before?.files ?? []), ...Object.entries(files)]),
    });
    this.branches.set('main', sha);
    return sha;
  }

  /** Somebody moves the deployed branch back by force, to the first parent of its head. Returns whether it has one. */
  moveBack(): boolean {
    const [before] = this.parents(this.branches.get('main')!);
    if (before) {
      this.branches.set('main', before);
    }
    return before !== undefined;
  }

  /** Somebody deletes the repository and makes it anew, with the files that its deployed branch had. */
  recreate(): void {
    const files = this.#commits.get(this.branches.get('main')!)!.files;
    this.branches.clear();
    this.#commits.clear();
    this.pulls.splice(0);
    this.commit({ ...Object.fromEntries(files), 'NEW.md': 'new' });
  }

  /** A person's push to a branch. */
  push(
    branch: string,
    files: Record<string, string> = { 'apps/person.yaml': 'a: 1' },
  ): string {
    const parent = this.branches.get(branch)!;
    const before = this.#commits.get(parent)!;
    const sha = this.#store({
      ...before,
      parents: [parent],
      message: 'A push',
      files: new Map([...before.files, ...Object.entries(files)]),
    });
    this.branches.set(branch, sha);
    const pull = this.pulls.find(
      candidate => candidate.branch === branch && candidate.state === 'open',
    );
    if (pull) {
      pull.headCommit = sha;
    }
    return sha;
  }

  /** The text of a file on a branch, or in a commit. */
  file(revision: string, path: string): string | undefined {
    return this.#commits
      .get(this.branches.get(revision) ?? revision)
      ?.files.get(path);
  }

  /** Whether a file may be executed, on a branch or in a commit. */
  isExecutable(revision: string, path: string): boolean {
    return this.#commits
      .get(this.branches.get(revision) ?? revision)!
      .executable.has(path);
  }

  parents(commit: string): string[] {
    return this.#commits.get(commit)?.parents ?? [];
  }

  /** A commit and all before it. */
  history(commit: string): string[] {
    const seen = new Set<string>();
    const open = [commit];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (!seen.has(at)) {
        seen.add(at);
        open.push(...this.parents(at));
      }
    }
    return [...seen];
  }

  /** The paths that differ between two commits. */
  changedPaths(base: string, head: string): string[] {
    return this.#changes(base, head).map(({ path }) => path);
  }

  /** Somebody presses Update branch. Undefined where it is up to date, or both sides changed the same lines. */
  updateBranch(
    number: number,
    how: 'merge' | 'rebase' = 'merge',
  ): string | undefined {
    const pull = this.pulls[number - 1];
    const main = this.branches.get('main')!;
    const files =
      !this.history(pull.headCommit).includes(main) &&
      this.#merged(main, pull.headCommit);
    if (!files) {
      return undefined;
    }
    const sha = this.#store({
      ...this.#commits.get(main)!,
      parents: how === 'merge' ? [pull.headCommit, main] : [main],
      message: `Merge branch 'main' into ${pull.branch}`,
      files,
    });
    this.branches.set(pull.branch, sha);
    pull.headCommit = sha;
    return sha;
  }

  /** Somebody deletes a branch, which closes its pull request. */
  removeBranch(branch: string): void {
    this.branches.delete(branch);
    const pull = this.#openPull(branch);
    if (pull) {
      pull.state = 'closed';
    }
  }

  /** Somebody presses Restore branch, where it is gone. */
  restoreBranch(number: number): void {
    const { branch, headCommit } = this.pulls[number - 1];
    this.branches.set(branch, this.branches.get(branch) ?? headCommit);
  }

  /** Somebody presses Reopen, where GitHub has the button: while there is the branch, and no other one of it is open. */
  reopen(number: number): void {
    const pull = this.pulls[number - 1];
    const headCommit = this.branches.get(pull.branch);
    if (pull.merged || !headCommit || this.#openPull(pull.branch)) {
      throw new Error(`pull request #${number} cannot be reopened`);
    }
    Object.assign(pull, { state: 'open', headCommit });
  }

  /** Lets the next call of a step fail. */
  failNext(step: Step, error: Error, options = { afterEffect: false }): void {
    this.#failures.push({ step, error, ...options });
  }

  /** No call fails any more. */
  forgetFailures(): void {
    this.#failures.splice(0);
  }

  /** Each step that was done with a person's token. */
  readonly writtenAsPerson: string[] = [];

  /** What HEAD means. */
  default = 'main';

  async defaultBranch(): Promise<string> {
    return this.#step('defaultBranch', () => this.default);
  }

  async head(): Promise<string> {
    return this.#step('head', () => this.branches.get('main')!);
  }

  async resolve(revision: string): Promise<string> {
    return this.#step('resolve', () => {
      const branch = revision === 'HEAD' ? this.default : revision;
      const sha =
        this.branches.get(branch) ??
        [...this.#commits.keys()].find(known => known.startsWith(revision));
      if (!sha) {
        throw new NotFoundError(`no revision ${revision}`);
      }
      return sha;
    });
  }

  async tree(commit: string) {
    return this.#step('tree', () => {
      const { files, executable } = this.#commits.get(commit)!;
      return {
        truncated: false,
        entries: [...files].map(([path, text]) => ({
          path,
          sha: blobSha(text),
          kind: 'file' as const,
          size: text.length,
          executable: executable.has(path),
        })),
      };
    });
  }

  async blob(sha: string): Promise<Buffer> {
    return this.#step('blob', () => {
      const texts = [...this.#commits.values()].flatMap(({ files }) => [
        ...files.values(),
      ]);
      return Buffer.from(texts.find(text => blobSha(text) === sha)!);
    });
  }

  async archive(commit: string, isWanted: (path: string) => boolean) {
    return this.#step(
      'archive',
      () =>
        new Map(
          [...this.#commits.get(commit)!.files]
            .filter(([path]) => isWanted(path))
            .map(([path, text]) => [path, Buffer.from(text)] as const),
        ),
    );
  }

  async compare(base: string, head: string) {
    return this.#step('compare', () => {
      const unknown = [base, head].find(sha => !this.#commits.has(sha));
      if (unknown) {
        throw new NotFoundError(`no commit ${unknown}`);
      }
      const [ofBase, ofHead] = [this.history(base), this.history(head)];
      const ahead = ofHead.filter(sha => !ofBase.includes(sha));
      return {
        aheadBy: ahead.length,
        behindBy: ofBase.filter(sha => !ofHead.includes(sha)).length,
        commits: ahead.map(sha => ({
          sha,
          title: `commit ${sha.slice(0, 7)}`,
          author: 'octocat',
          authoredAt: '2026-11-24T00:00:00Z',
          url: `https://github.test/demo/gitops-infra/commit/${sha}`,
          merge: false,
        })),
        complete: true,
        files: this.#changes(this.#mergeBase(base, head), head),
      };
    });
  }

  async parentsOf(sha: string): Promise<string[]> {
    return this.#step('parentsOf', () => this.parents(sha));
  }

  async commitPaths(sha: string): Promise<string[]> {
    return this.#step('commitPaths', () =>
      this.#changes(this.#commits.get(sha)!.parents[0], sha).map(
        ({ path }) => path,
      ),
    );
  }

  async commitsOf(path: string, head: string, limit: number) {
    return this.#step('commitsOf', () => {
      const made = [...this.#commits.keys()];
      const newestFirst = this.history(head).sort(
        (a, b) => made.indexOf(b) - made.indexOf(a),
      );
      const touching = newestFirst.filter(sha => {
        const { parents, files } = this.#commits.get(sha)!;
        // A merge that brings nothing of its own is left out, as GitHub does.
        return (parents.length > 0 ? parents : ['']).every(
          parent =>
            this.#commits.get(parent)?.files.get(path) !== files.get(path),
        );
      });
      return {
        commits: touching.slice(0, limit).map(sha => ({
          sha,
          title: this.#commits.get(sha)!.message.split('\n', 1)[0],
          message: this.#commits.get(sha)!.message,
          author: 'octocat',
          authoredAt: '2026-11-24T00:00:00Z',
          url: `https://github.test/demo/gitops-infra/commit/${sha}`,
        })),
        complete: touching.length <= limit,
      };
    });
  }

  async fileAt(commit: string, path: string): Promise<string | undefined> {
    return this.#step('fileAt', () =>
      this.#commits.get(commit)?.files.get(path),
    );
  }

  pollDelayMs(intervalMs: number): number {
    return intervalMs;
  }

  /** Remembers what is written with a person's token. */
  as(): RepositoryWriter {
    return new Proxy<RepositoryWriter>(this, {
      get: (target, name) => {
        const write = Reflect.get(target, name).bind(target);
        return (...parameters: unknown[]) => {
          this.writtenAsPerson.push(String(name));
          return write(...parameters);
        };
      },
    });
  }

  async createCommit(options: {
    parents: string[];
    message: string;
    files: PlannedEdit[];
  }): Promise<string> {
    return this.#step('createCommit', () => {
      const base = this.#commits.get(options.parents.at(-1)!)!;
      const edits = new Map(options.files.map(edit => [edit.path, edit]));
      const sha = this.#store({
        parents: options.parents,
        message: options.message,
        files: new Map([
          ...base.files,
          ...options.files.map(({ path, text }) => [path, text] as const),
        ]),
        // A mode comes with every file that is written.
        executable: withModes(
          base.executable,
          edits.keys(),
          path => edits.get(path)!.executable ?? false,
        ),
      });
      this.made.push(sha);
      return sha;
    });
  }

  async createBranch(branch: string, commit: string): Promise<void> {
    return this.#step('createBranch', () => {
      const existing = this.branches.get(branch);
      if (existing !== undefined && existing !== commit) {
        throw new ConflictError(`${branch} has other commits`);
      }
      this.branches.set(branch, commit);
    });
  }

  async moveBranch(branch: string, commit: string): Promise<void> {
    return this.#step('moveBranch', () => {
      const existing = this.branches.get(branch);
      if (!existing || !this.history(commit).includes(existing)) {
        throw new ConflictError(
          existing ? `Somebody pushed to ${branch}` : `${branch} is gone`,
        );
      }
      this.branches.set(branch, commit);
      const pull = this.#openPull(branch);
      if (pull) {
        pull.headCommit = commit;
      }
    });
  }

  async branchHead(branch: string): Promise<string | undefined> {
    return this.#step('branchHead', () => this.branches.get(branch));
  }

  async deleteBranch(branch: string, commit: string): Promise<void> {
    return this.#step('deleteBranch', () => {
      if (this.branches.get(branch) === commit) {
        this.removeBranch(branch);
      }
    });
  }

  async openPullRequest(options: {
    branch: string;
    title: string;
    body: string;
    draft?: boolean;
  }): Promise<PullRequest> {
    return this.#step('openPullRequest', () => {
      if ([...options.title].length > 256) {
        throw new InputError('title is too long (maximum is 256 characters)');
      }
      const existing = this.#openPull(options.branch);
      if (existing) {
        return { ...existing };
      }
      const headCommit = this.branches.get(options.branch);
      if (!headCommit) {
        throw new InputError('Validation Failed: head is invalid');
      }
      if (this.history(this.branches.get('main')!).includes(headCommit)) {
        throw new InputError(`No commits between main and ${options.branch}`);
      }
      const number = this.pulls.length + 1;
      const pull = {
        draft: false,
        mergeability: 'clean' as const,
        ...options,
        labels: [],
        reviewers: [],
        number,
        url: `https://github.test/demo/gitops-infra/pull/${number}`,
        state: 'open' as const,
        merged: false,
        headCommit,
      };
      this.pulls.push(pull);
      return { ...pull };
    });
  }

  async updatePullRequest(
    number: number,
    text: { title: string; body: string },
  ): Promise<void> {
    return this.#step('updatePullRequest', () => {
      Object.assign(this.pulls[number - 1], text);
    });
  }

  async statusOf({ number }: PullRequest): Promise<PullRequestStatus> {
    return this.#step('statusOf', () => {
      const { mergeability, checks } = this.pulls[number - 1];
      return { mergeability, ...(checks && { checks }) };
    });
  }

  async addLabels(number: number, labels: string[]): Promise<void> {
    return this.#step('addLabels', () => {
      const pull = this.pulls[number - 1];
      pull.labels = [...new Set([...pull.labels, ...labels])];
    });
  }

  async requestReviewers(
    number: number,
    who: { reviewers: string[]; teamReviewers: string[] },
  ): Promise<void> {
    return this.#step('requestReviewers', () => {
      const refused = who.reviewers.find(one => this.noReviewers.includes(one));
      if (refused !== undefined) {
        throw new InputError(`Review cannot be requested from ${refused}`);
      }
      const pull = this.pulls[number - 1];
      pull.reviewers = [
        ...new Set([...pull.reviewers, ...who.reviewers, ...who.teamReviewers]),
      ];
    });
  }

  async findPullRequest(branch: string): Promise<PullRequest | undefined> {
    return this.#step(
      'findPullRequest',
      () =>
        this.#openPull(branch) ??
        this.pulls.findLast(pull => pull.branch === branch),
    );
  }

  async findOpenPullRequest(
    beginning: string,
  ): Promise<PullRequest | undefined> {
    return this.#step('findOpenPullRequest', () =>
      this.pulls.find(
        pull => pull.state === 'open' && pull.branch.startsWith(beginning),
      ),
    );
  }

  async pullRequest(number: number): Promise<PullRequest> {
    return this.#step('pullRequest', () => {
      const pull = this.pulls[number - 1];
      if (!pull) {
        throw new NotFoundError(`no pull request ${number}`);
      }
      return { ...pull };
    });
  }

  async closePullRequest(number: number): Promise<PullRequest> {
    return this.#step('closePullRequest', () => {
      const pull = this.pulls[number - 1];
      pull.state = 'closed';
      return { ...pull };
    });
  }

  async merge(
    number: number,
    headCommit: string,
    method: MergeMethod = 'merge',
  ): Promise<string> {
    return this.#step('merge', () => {
      // As for an account that may pass over the rules of the branch: it is let through where one is not met.
      const pull = this.pulls[number - 1];
      if (pull.headCommit !== headCommit) {
        throw new Error('the fake was asked to merge another commit');
      }
      const sha =
        pull.state === 'open' ? this.mergeAsPerson(number, method) : undefined;
      if (!sha) {
        throw new ConflictError('Pull Request is not mergeable');
      }
      return sha;
    });
  }

  /**
   * Merges as somebody does on GitHub's own page; undefined where both sides changed the same lines. A rebase is made as
   * one commit.
   */
  mergeAsPerson(
    number: number,
    method: MergeMethod = 'merge',
  ): string | undefined {
    const pull = this.pulls[number - 1];
    const head = this.branches.get('main')!;
    const files = this.#merged(head, pull.headCommit);
    if (!files) {
      return undefined;
    }
    const ofPull = this.#commits.get(pull.headCommit)!.executable;
    const sha = this.#store({
      executable: withModes(
        this.#commits.get(head)!.executable,
        this.changedPaths(
          this.#mergeBase(head, pull.headCommit)!,
          pull.headCommit,
        ),
        path => ofPull.has(path),
      ),
      parents: method === 'merge' ? [head, pull.headCommit] : [head],
      message: `Merge pull request #${number}`,
      files,
    });
    this.branches.set('main', sha);
    Object.assign(pull, {
      state: 'closed',
      merged: true,
      mergeCommit: sha,
      mergedBy: 'octocat',
      mergedAt: '2026-11-24T00:00:00Z',
    });
    return sha;
  }

  #mergeBase(one: string, other: string): string | undefined {
    const ofOther = new Set(this.history(other));
    const common = this.history(one).filter(sha => ofOther.has(sha));
    const older = new Set(
      common
        .flatMap(sha => this.parents(sha))
        .flatMap(sha => this.history(sha)),
    );
    return common.find(sha => !older.has(sha));
  }

  // All files of both sides, merged line by line where a file has as many lines on each.
  #merged(ours: string, theirs: string): Map<string, string> | undefined {
    const base = this.#mergeBase(ours, theirs)!;
    const [was, our, their] = [base, ours, theirs].map(
      sha => this.#commits.get(sha)!.files,
    );
    const files = new Map(our);
    for (const { path } of this.#changes(base, theirs)) {
      const text = mergedText(
        was.get(path) ?? '',
        our.get(path) ?? '',
        their.get(path) ?? '',
      );
      if (text === undefined) {
        return undefined;
      }
      files.set(path, text);
    }
    return files;
  }

  #openPull(branch: string) {
    return this.pulls.find(
      pull => pull.branch === branch && pull.state === 'open',
    );
  }

  #changes(base: string | undefined, head: string): ChangedFile[] {
    const [was, is] = [base ?? '', head].map(sha => this.#commits.get(sha));
    const before = was?.files ?? new Map<string, string>();
    const after = is!.files;
    const isSame = (path: string) => before.get(path) === after.get(path);
    return [...new Set([...before.keys(), ...after.keys()])]
      .filter(
        path =>
          !isSame(path) ||
          was?.executable.has(path) !== is!.executable.has(path),
      )
      .map(path => ({
        path,
        removed: !after.has(path),
        sha: blobSha(after.get(path) ?? ''),
        // Of a mode alone GitHub shows no changes.
        kind: isSame(path) ? ('unknown' as const) : ('file' as const),
      }));
  }

  #store(commit: Commit): string {
    const sha = shaOf(
      JSON.stringify([
        commit.parents,
        [...commit.files],
        [...commit.executable],
        this.#commits.size,
      ]),
    );
    this.#commits.set(sha, commit);
    return sha;
  }

  async #step<T>(step: Step, run: () => T): Promise<T> {
    const index = this.#failures.findIndex(failure => failure.step === step);
    const [failure] = index < 0 ? [] : this.#failures.splice(index, 1);
    if (failure && !failure.afterEffect) {
      throw failure.error;
    }
    const result = run();
    if (failure) {
      throw failure.error;
    }
    return result;
  }
}

/** Which files may be executed where some of them got a mode of their own. */
function withModes(
  before: Iterable<string> = [],
  paths: Iterable<string>,
  isExecutable: (path: string) => boolean,
): Set<string> {
  const executable = new Set(before);
  for (const path of paths) {
    executable[isExecutable(path) ? 'add' : 'delete'](path);
  }
  return executable;
}

function mergedText(
  base: string,
  ours: string,
  theirs: string,
): string | undefined {
  const [was, our, their] = [base, ours, theirs].map(text => text.split('\n'));
  if (was.length !== our.length || was.length !== their.length) {
    return ours === base || ours === theirs ? theirs : undefined;
  }
  const lines = was.map((line, index) => {
    const [one, other] = [our[index], their[index]];
    return one === line || one === other ? other : other === line && one;
  });
  return lines.includes(false) ? undefined : lines.join('\n');
}

function blobSha(text: string): string {
  return shaOf(`blob ${Buffer.byteLength(text)}\0${text}`);
}

function shaOf(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
