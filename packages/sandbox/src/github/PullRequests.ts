import {
  EmulatedRepository,
  FileDiff,
  Signature,
  StoredPull,
} from './EmulatedRepository';
import { mergeTrees } from './mergeTrees';

/** A refusal in GitHub's words. */
export class Refusal extends Error {
  readonly status: number;
  readonly errors?: object[];

  constructor(status: number, message: string, errors?: object[]) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

/** A pull request as GitHub would show it: its head moves with its branch. */
export interface PullRequest extends StoredPull {
  mergeCommit?: string;
  mergeable: boolean;
  files: FileDiff[];
  commits: number;
}

/**
 * What GitHub does with pull requests and the emulator does not: it refuses a second one, follows the branch, merges
 * into a base that has moved on (the emulator would throw away what was pushed to the base meanwhile), and shows the
 * changed files.
 */
export class PullRequests {
  readonly #repository: EmulatedRepository;
  readonly #merge: (
    number: number,
    method: string,
  ) => Promise<{ status: number; body: Buffer }>;
  readonly #merged = new Map<number, string>();
  /** Where head and base of each were when it was last looked at open. */
  readonly #last = new Map<number, { head: string; base: string }>();

  /** @param merge - has the emulator mark a pull request as merged */
  constructor(
    repository: EmulatedRepository,
    merge: (
      number: number,
      method: string,
    ) => Promise<{ status: number; body: Buffer }>,
  ) {
    this.#repository = repository;
    this.#merge = merge;
  }

  /**
   * Whether a pull request may be opened.
   *
   * @throws Refusal 422 where GitHub would answer so.
   */
  async assertOpenable(head: string, base: string): Promise<void> {
    const { owner } = this.#repository;
    const branch = head.startsWith(`${owner}:`)
      ? head.slice(owner.length + 1)
      : head;
    const open = (await this.#repository.pulls()).some(
      pull =>
        pull.state === 'open' &&
        pull.head.ref === branch &&
        pull.base.ref === base,
    );
    if (open) {
      throw invalid({
        code: 'custom',
        message: `A pull request already exists for ${owner}:${branch}.`,
      });
    }
    const [headCommit, baseCommit] = await Promise.all([
      this.#repository.branchHead(branch),
      this.#repository.branchHead(base),
    ]);
    if (!baseCommit || !headCommit) {
      throw invalid({ field: baseCommit ? 'head' : 'base', code: 'invalid' });
    }
    const { aheadBy } = await this.#repository.compare(baseCommit, headCommit);
    if (aheadBy === 0) {
      throw invalid({
        code: 'custom',
        message: `No commits between ${base} and ${branch}`,
      });
    }
  }

  async get(number: number): Promise<PullRequest | undefined> {
    const stored = await this.#repository.pull(number);
    if (!stored) {
      return undefined;
    }
    const pull = { ...stored, ...(await this.#position(stored)) };
    const { files, aheadBy } = await this.#repository.compare(
      pull.base.sha,
      pull.head.sha,
    );
    return {
      ...pull,
      files,
      commits: aheadBy,
      mergeable:
        pull.state === 'open' &&
        (await this.#mergedTree(pull)).conflicts.length === 0,
    };
  }

  /** A pull request in the emulator's JSON, put right. */
  async correct(
    json: Record<string, unknown>,
    detailed: boolean,
  ): Promise<Record<string, unknown>> {
    const stored = json as unknown as StoredPull;
    const position = await this.#position(stored);
    const corrected = {
      ...json,
      head: { ...stored.head, ...position.head },
      base: { ...stored.base, ...position.base },
      merge_commit_sha: position.mergeCommit ?? null,
    };
    const pull = detailed && (await this.get(stored.number));
    return pull
      ? {
          ...corrected,
          mergeable: pull.state === 'open' ? pull.mergeable : null,
          mergeable_state: mergeableState(pull),
          commits: pull.commits,
          changed_files: pull.files.length,
          additions: sum(pull.files.map(file => file.additions)),
          deletions: sum(pull.files.map(file => file.deletions)),
        }
      : corrected;
  }

  /**
   * Merges a pull request. Returns the commit that the base points at afterwards.
   *
   * @throws Refusal 405 where it cannot be merged, 409 where its head is not the expected commit.
   */
  async merge(
    number: number,
    options: {
      expectedHead?: string;
      method?: string;
      title?: string;
      message?: string;
      author?: Signature;
    } = {},
  ): Promise<string> {
    const { expectedHead, method = 'merge', title, message, author } = options;
    const pull = await this.get(number);
    if (!pull) {
      throw new Refusal(404, 'Not Found');
    }
    if (pull.state !== 'open') {
      throw new Refusal(405, 'Pull Request is not mergeable');
    }
    if (expectedHead !== undefined && expectedHead !== pull.head.sha) {
      throw new Refusal(
        409,
        'Head branch was modified. Review and try the merge again.',
      );
    }
    const { files, conflicts } = await this.#mergedTree(pull);
    if (conflicts.length > 0) {
      throw new Refusal(405, 'Pull Request is not mergeable');
    }
    const { owner, branch } = this.#repository;
    const base = await this.#repository.head();
    const subject =
      title ??
      (method === 'merge'
        ? `Merge pull request #${number} from ${owner}/${pull.head.ref}`
        : `${pull.title} (#${number})`);
    const commit = await this.#repository.createCommit({
      message: [subject, message ?? (method === 'merge' ? pull.title : '')]
        .filter(Boolean)
        .join('\n\n'),
      tree: await this.#repository.createTreeOf(files),
      parents: method === 'merge' ? [base, pull.head.sha] : [base],
      author,
    });
    const marked = await this.#merge(number, method);
    if (marked.status >= 300) {
      throw new Refusal(405, 'Pull Request is not mergeable');
    }
    await this.#repository.setBranch(branch, commit);
    this.#merged.set(number, commit);
    return commit;
  }

  /** Takes note of where all that are open are: once one is closed, or its branch is gone, nothing else says so. */
  async remember(): Promise<void> {
    await Promise.all(
      (await this.#repository.pulls()).map(pull => this.#position(pull)),
    );
  }

  /** Closes what was open from a branch that is gone. */
  async branchDeleted(branch: string): Promise<void> {
    for (const pull of await this.#repository.pulls()) {
      if (pull.state === 'open' && pull.head.ref === branch) {
        await this.#repository.closePull(pull.number);
      }
    }
  }

  async #position(pull: StoredPull): Promise<{
    head: { ref: string; sha: string };
    base: { ref: string; sha: string };
    mergeCommit?: string;
  }> {
    if (pull.state === 'open') {
      const [head, base] = await Promise.all(
        [pull.head, pull.base].map(({ ref }) =>
          this.#repository.branchHead(ref),
        ),
      );
      this.#last.set(pull.number, {
        head: head ?? pull.head.sha,
        base: base ?? pull.base.sha,
      });
    }
    const { head, base } = this.#last.get(pull.number) ?? {
      head: pull.head.sha,
      base: pull.base.sha,
    };
    return {
      head: { ref: pull.head.ref, sha: head },
      base: { ref: pull.base.ref, sha: base },
      mergeCommit: this.#merged.get(pull.number),
    };
  }

  async #mergedTree(pull: StoredPull) {
    const { mergeBase } = await this.#repository.compare(
      pull.base.sha,
      pull.head.sha,
    );
    const [ancestor, ours, theirs] = await Promise.all(
      [mergeBase, pull.base.sha, pull.head.sha].map(commit =>
        this.#repository.tree(commit),
      ),
    );
    return mergeTrees(ancestor, ours, theirs);
  }
}

function invalid(error: object): Refusal {
  return new Refusal(422, 'Validation Failed', [
    { resource: 'PullRequest', ...error },
  ]);
}

function mergeableState(pull: PullRequest): string {
  if (pull.state !== 'open') {
    return 'unknown';
  }
  return pull.mergeable ? 'clean' : 'dirty';
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
