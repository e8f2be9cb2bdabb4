import { Octokit } from '@octokit/rest';
import { ConflictError, NotFoundError } from '@backstage/errors';
import {
  GithubCredentialsProvider,
  ScmIntegrationRegistry,
} from '@backstage/integration';
import { PullRequestStatus } from '@gitops-infra/backstage-plugin-gitops-common';
import { MergeMethod, RepositoryConfig } from '../config';
import {
  CommitSummary,
  Comparison,
  pathsOf,
  toChangedFile,
  toCommitSummary,
} from './comparison';
import { compareCommits } from './compareCommits';
import { createOctokit, GithubRequest } from './createOctokit';
import { MAX_FILE_BYTES } from './followed';
import {
  githubStatus,
  isRefusal,
  toGithubError,
  TokenOwner,
} from './githubErrors';
import {
  CheckData,
  countChecks,
  countReviews,
  toMergeability,
} from './pullRequestStatus';
import { RateLimit, RateLimits, RateLimitStatus } from './RateLimit';
import { readArchive } from './readArchive';
import { RecentlyUsed } from './RecentlyUsed';
import { UserToken } from './UserToken';

const ARCHIVE_TIMEOUT_MS = 120_000;

const FULL_SHA = /^[0-9a-f]{40}$/;

// GitHub lists 3,000 files of a commit, on pages of 300.
const MAX_FILE_PAGES = 10;

// What never changes is kept; the bounds are for memory alone. Revisions, then commits and files, paths, commits, characters.
const ROOM_FOR_REVISIONS = 500;
const ROOM_FOR_COMPARISONS = 20_000;
const ROOM_FOR_PATHS = 100_000;
const ROOM_FOR_COMMITS = 10_000;
const ROOM_FOR_ANSWERS = 1_000;
// GitHub gives no more on one page.
const MAX_CHECKS = 100;
const ROOM_FOR_TEXT = 10_000_000;

/** A commit that changes a path, with its whole message. */
export type CommitOfPath = Omit<CommitSummary, 'merge'> & { message: string };

type Params = { owner: string; repo: string };

/** An entry of a tree. */
export interface TreeEntry {
  /** From the tree that was asked for. */
  path: string;
  /** Of the content, the folder's tree, or the submodule's commit. */
  sha: string;
  kind: 'file' | 'folder' | 'symlink' | 'submodule';
  /** In bytes; 0 where it is no file. */
  size: number;
}

/** A tree, or as much of it as GitHub gives at once. */
export interface Tree {
  entries: TreeEntry[];
  truncated: boolean;
}

/** A pull request as far as promotions follow it. */
export interface PullRequest {
  number: number;
  url: string;
  state: 'open' | 'closed';
  merged: boolean;
  draft: boolean;
  mergeability: PullRequestStatus['mergeability'];
  headCommit: string;
  mergeCommit?: string;
  mergedBy?: string;
  mergedAt?: string;
}

/**
 * One infra repository on GitHub: every call that the plugin makes to it, and what is peculiar about them.
 * Calls reject with the errors of `toGithubError`.
 */
export class GithubRepository {
  readonly #options: ConstructorParameters<typeof GithubRepository>[0];
  readonly #repository: RepositoryConfig;
  readonly #apiBaseUrl: string;
  readonly #credentials: GithubCredentialsProvider;
  readonly #rateLimits: RateLimits;
  readonly #onRequest?: (request: GithubRequest) => void;
  readonly #revisions = new Map<string, { etag?: string; sha: string }>();
  readonly #comparisons = new RecentlyUsed<Comparison>({
    room: ROOM_FOR_COMPARISONS,
    sizeOf: ({ commits, files }) => 1 + commits.length + (files?.length ?? 0),
  });
  readonly #commitPaths = new RecentlyUsed<string[]>({
    room: ROOM_FOR_PATHS,
    sizeOf: paths => 1 + paths.length,
  });
  readonly #commitsOf = new RecentlyUsed<{
    commits: CommitOfPath[];
    complete: boolean;
  }>({ room: ROOM_FOR_COMMITS, sizeOf: ({ commits }) => 1 + commits.length });
  readonly #filesAt = new RecentlyUsed<string | undefined>({
    room: ROOM_FOR_TEXT,
    sizeOf: text => 1 + (text?.length ?? 0),
  });
  readonly #answers = new Map<string, { is: unknown; etag: string }>();
  #head?: { etag: string; sha: string };
  #client?: {
    token: string | undefined;
    octokit: Octokit;
    rateLimit: RateLimit;
  };

  /**
   * @param options.rateLimits - shared by all repositories, since GitHub counts for all of them together
   * @param options.onRequest - told each request that is sent
   * @param options.tokenOwner - whose the credentials are; the integration's when absent
   * @throws NotFoundError where no GitHub integration is configured for the repository's host.
   */
  constructor(options: {
    repository: RepositoryConfig;
    integrations: ScmIntegrationRegistry;
    credentials: GithubCredentialsProvider;
    rateLimits?: RateLimits;
    onRequest?: (request: GithubRequest) => void;
    tokenOwner?: TokenOwner;
  }) {
    this.#options = options;
    const { repository, integrations, credentials } = options;
    const integration = integrations.github.byUrl(repository.url);
    if (!integration?.config.apiBaseUrl) {
      throw new NotFoundError(
        `There is no GitHub integration for ${repository.url}; add its host to integrations.github`,
      );
    }
    this.#repository = repository;
    this.#apiBaseUrl = integration.config.apiBaseUrl;
    this.#credentials = credentials;
    this.#rateLimits = options.rateLimits ?? new RateLimits();
    this.#onRequest = options.onRequest;
  }

  get slug(): string {
    return `${this.#repository.owner}/${this.#repository.name}`;
  }

  /** The same repository, to write to it with a person's token. Nothing keeps the token afterwards. */
  as(token: UserToken): RepositoryWriter {
    return new GithubRepository({
      ...this.#options,
      credentials: {
        getCredentials: async () => ({ type: 'token', token: token.reveal() }),
      },
      // GitHub counts for each person apart.
      rateLimits: new RateLimits(),
      tokenOwner: 'user',
    });
  }

  /** What the rate limit of the credentials stands at; undefined before GitHub said anything of it. */
  get rateLimit(): RateLimitStatus | undefined {
    return this.#client?.rateLimit.status();
  }

  /** How long to wait before looking again: the interval, or longer where the rate limit is near or reached. */
  pollDelayMs(intervalMs: number): number {
    return this.#client?.rateLimit.pollDelayMs(intervalMs) ?? intervalMs;
  }

  /** The repository's default branch, which `HEAD` means. */
  async defaultBranch(): Promise<string> {
    return this.#call('read the repository', async (octokit, params) => {
      const { data } = await octokit.rest.repos.get(params);
      return data.default_branch;
    });
  }

  /** The head of the deployed branch. A branch that did not move costs a conditional request, free of GitHub's rate limit. */
  async head(): Promise<string> {
    const { branch } = this.#repository;
    const known = this.#head;
    return this.#call(`read the branch ${branch}`, async (octokit, params) => {
      try {
        const { data, headers } = await octokit.rest.git.getRef({
          ...params,
          ref: `heads/${branch}`,
          headers: known && { 'if-none-match': known.etag },
        });
        const sha = data.object.sha;
        this.#head = headers.etag ? { etag: headers.etag, sha } : undefined;
        return sha;
      } catch (error) {
        if (githubStatus(error) === 304 && known) {
          return known.sha;
        }
        if (githubStatus(error) === 404) {
          this.#head = undefined;
        }
        throw error;
      }
    });
  }

  /**
   * The commit that a revision means, as Argo CD's `targetRevision` has it: a branch, a tag, a SHA in full or short, or
   * `HEAD`. One that did not move costs a conditional request; a full SHA is asked for once.
   *
   * @throws NotFoundError where there is none.
   */
  async resolve(revision: string): Promise<string> {
    const known = this.#revisions.get(revision);
    if (known && FULL_SHA.test(revision)) {
      return known.sha;
    }
    const what = `find the revision ${revision}`;
    return this.#call(what, async (octokit, params) => {
      try {
        const { data, headers } = await octokit.rest.repos.getCommit({
          ...params,
          ref: revision.replace(/^refs\/(?=heads\/|tags\/)/, ''),
          mediaType: { format: 'sha' },
          headers: known?.etag ? { 'if-none-match': known.etag } : undefined,
        });
        const sha = textOf(data).trim();
        if (!FULL_SHA.test(sha)) {
          throw new Error('GitHub answered with no commit');
        }
        this.#rememberRevision(revision, { etag: headers.etag, sha });
        return sha;
      } catch (error) {
        const status = githubStatus(error);
        if (status === 304 && known) {
          return known.sha;
        }
        // GitHub takes what is neither a branch nor a tag for a SHA that is not valid.
        if (status === 404 || status === 422) {
          this.#revisions.delete(revision);
          throw new NotFoundError(
            `There is no branch, tag or commit ${revision} in ${this.slug} that the token may see`,
          );
        }
        throw error;
      }
    });
  }

  #rememberRevision(revision: string, is: { etag?: string; sha: string }) {
    if (this.#revisions.size >= ROOM_FOR_REVISIONS) {
      this.#revisions.delete(this.#revisions.keys().next().value ?? '');
    }
    this.#revisions.set(revision, is);
  }

  /** The tree of a commit, or of a folder by its SHA; recursively all that is in it, otherwise its own entries. */
  async tree(sha: string, options: { recursive: boolean }): Promise<Tree> {
    return this.#call(`read the tree of ${sha}`, async (octokit, params) => {
      const { data } = await octokit.rest.git.getTree({
        ...params,
        tree_sha: sha,
        recursive: options.recursive ? 'true' : undefined,
      });
      return {
        truncated: data.truncated ?? false,
        entries: data.tree.map(entry => ({
          path: entry.path ?? '',
          sha: entry.sha ?? '',
          kind: kindOf(entry),
          size: entry.size ?? 0,
        })),
      };
    });
  }

  /** The content of a blob. */
  async blob(sha: string): Promise<Buffer> {
    return this.#call(`read the blob ${sha}`, async (octokit, params) => {
      const { data } = await octokit.rest.git.getBlob({
        ...params,
        file_sha: sha,
      });
      return Buffer.from(
        data.content,
        data.encoding === 'base64' ? 'base64' : 'utf8',
      );
    });
  }

  /**
   * Every regular file of a commit that is wanted, by path, in one call. GitHub leaves out or changes what
   * `.gitattributes` says (`export-ignore`, `export-subst`, `eol`): a content is what it should be only where its SHA is.
   */
  async archive(
    commit: string,
    isWanted: (path: string) => boolean,
  ): Promise<Map<string, Buffer>> {
    return this.#call(
      `read the archive of ${commit}`,
      async (octokit, params) => {
        const { data } = await octokit.rest.repos.downloadTarballArchive({
          ...params,
          ref: commit,
          request: {
            signal: AbortSignal.timeout(ARCHIVE_TIMEOUT_MS),
            parseSuccessResponseBody: false,
          },
        });
        return readArchive(data as AsyncIterable<Uint8Array>, isWanted);
      },
    );
  }

  /**
   * How `head` stands to `base`, with what lies between them. Two commits stand to each other the same way for ever, so
   * those are asked for once.
   *
   * @throws NotFoundError where one of them is unknown.
   */
  async compare(base: string, head: string): Promise<Comparison> {
    return FULL_SHA.test(base) && FULL_SHA.test(head)
      ? this.#comparisons.get(`${base}...${head}`, () =>
          this.#compare(base, head),
        )
      : this.#compare(base, head);
  }

  async #compare(base: string, head: string): Promise<Comparison> {
    return this.#call(`compare ${base} and ${head}`, (octokit, repository) =>
      compareCommits(octokit, repository, base, head),
    );
  }

  /** The paths of all files that a commit changes against its first parent, those that were moved with both. Asked once. */
  async commitPaths(sha: string): Promise<string[]> {
    return this.#commitPaths.get(sha, () =>
      this.#call(`read the commit ${sha}`, async (octokit, params) => {
        const paths = new Set<string>();
        for (let page = 1; page <= MAX_FILE_PAGES; page++) {
          const { data, headers } = await octokit.rest.repos.getCommit({
            ...params,
            ref: sha,
            ...(page > 1 ? { page } : {}),
          });
          data.files
            ?.map(toChangedFile)
            .flatMap(pathsOf)
            .forEach(path => paths.add(path));
          if (!headers.link?.includes('rel="next"')) {
            break;
          }
        }
        return [...paths];
      }),
    );
  }

  /**
   * The newest commits in the history of a commit that change a path, newest first. Where the file had another path, GitHub
   * does not follow it. Asked once.
   */
  async commitsOf(
    path: string,
    head: string,
    limit: number,
  ): Promise<{ commits: CommitOfPath[]; complete: boolean }> {
    return this.#commitsOf.get(`${head} ${limit} ${path}`, () =>
      this.#call(`list the commits of ${path}`, async (octokit, params) => {
        const { data, headers } = await octokit.rest.repos.listCommits({
          ...params,
          sha: head,
          path,
          per_page: limit,
        });
        return {
          commits: data.map(commit => {
            const { merge: _, ...summary } = toCommitSummary(commit);
            return { ...summary, message: commit.commit.message };
          }),
          complete: !headers.link?.includes('rel="next"'),
        };
      }),
    );
  }

  /** The text of a file at a commit; undefined where there is none, or it is larger than what is read. Asked once. */
  async fileAt(commit: string, path: string): Promise<string | undefined> {
    return this.#filesAt.get(`${commit} ${path}`, () =>
      this.#call(`read ${path} at ${commit}`, async (octokit, params) => {
        try {
          const { data } = await octokit.rest.repos.getContent({
            ...params,
            ref: commit,
            path,
            mediaType: { format: 'raw' },
          });
          const text = textOf(data);
          return text.length > MAX_FILE_BYTES ? undefined : text;
        } catch (error) {
          if (githubStatus(error) === 404) {
            return undefined;
          }
          throw error;
        }
      }),
    );
  }

  /**
   * Makes a commit on top of others that replaces whole files of the last of them; no branch points at it yet. Returns
   * its SHA.
   */
  async createCommit(options: {
    parents: string[];
    message: string;
    files: { path: string; text: string }[];
  }): Promise<string> {
    const { parents, message, files } = options;
    return this.#call('make a commit', async (octokit, params) => {
      const { data: base } = await octokit.rest.git.getCommit({
        ...params,
        commit_sha: parents[parents.length - 1],
      });
      const { data: tree } = await octokit.rest.git.createTree({
        ...params,
        base_tree: base.tree.sha,
        tree: files.map(({ path, text }) => ({
          path,
          mode: '100644',
          type: 'blob',
          content: text,
        })),
      });
      const { data: commit } = await octokit.rest.git.createCommit({
        ...params,
        message,
        tree: tree.sha,
        parents,
      });
      return commit.sha;
    });
  }

  /**
   * Points a new branch at a commit. A branch of that name that is there already is taken when it points at the
   * commit, and moved when nothing is lost by it: the deployed branch has all that is on it, or its head is a commit
   * that an earlier promotion left behind.
   *
   * @param isLeftBehind - whether a commit was made for a promotion that has ended
   * @throws ConflictError when the branch carries commits of somebody else; they are never overwritten.
   */
  async createBranch(
    branch: string,
    commit: string,
    isLeftBehind: (commit: string) => Promise<boolean> = async () => false,
  ): Promise<void> {
    await this.#call(`make the branch ${branch}`, async (octokit, params) => {
      try {
        await octokit.rest.git.createRef({
          ...params,
          ref: `refs/heads/${branch}`,
          sha: commit,
        });
      } catch (error) {
        const existing =
          githubStatus(error) === 422 && (await this.branchHead(branch));
        if (!existing) {
          throw error;
        }
        if (existing === commit) {
          return;
        }
        if (
          !(await isLeftBehind(existing)) &&
          (await this.#isAhead(octokit, existing))
        ) {
          throw new ConflictError(
            `The branch ${branch} of ${this.slug} has commits that are not in ${
              this.#repository.branch
            }; merge or delete it, then try again`,
          );
        }
        await octokit.rest.git.updateRef({
          ...params,
          ref: `heads/${branch}`,
          sha: commit,
          force: true,
        });
      }
    });
  }

  /**
   * Moves a branch forward to a commit that descends from its head; where it is there already, nothing is done.
   *
   * @throws ConflictError where it is elsewhere, as when somebody pushed to it, or gone.
   */
  async moveBranch(branch: string, commit: string): Promise<void> {
    await this.#call(`move the branch ${branch}`, async (octokit, params) => {
      try {
        await octokit.rest.git.updateRef({
          ...params,
          ref: `heads/${branch}`,
          sha: commit,
          force: false,
        });
      } catch (error) {
        if (![404, 409, 422].includes(githubStatus(error) ?? 0)) {
          throw error;
        }
        const existing = await this.branchHead(branch);
        if (existing === commit) {
          return;
        }
        throw existing
          ? new ConflictError(
              `Somebody pushed to ${branch} of ${this.slug}, and their commits are not overwritten; merge or close its pull request first`,
            )
          : new ConflictError(
              `The branch ${branch} of ${this.slug} is gone; its pull request cannot be updated`,
            );
      }
    });
  }

  async #isAhead(octokit: Octokit, commit: string): Promise<boolean> {
    const { owner, name, branch } = this.#repository;
    const { data } = await octokit.rest.repos.compareCommitsWithBasehead({
      owner,
      repo: name,
      basehead: `${branch}...${commit}`,
      per_page: 1,
    });
    return data.ahead_by > 0;
  }

  /** The commit that a branch points at, or undefined where there is no such branch. */
  async branchHead(branch: string): Promise<string | undefined> {
    return this.#call(`read the branch ${branch}`, async (octokit, params) => {
      try {
        const { data } = await octokit.rest.git.getRef({
          ...params,
          ref: `heads/${branch}`,
        });
        return data.object.sha;
      } catch (error) {
        if (githubStatus(error) === 404) {
          return undefined;
        }
        throw error;
      }
    });
  }

  /** Deletes a branch if it still points at the commit; a branch that is gone already is fine. */
  async deleteBranch(branch: string, commit: string): Promise<void> {
    if ((await this.branchHead(branch)) !== commit) {
      return;
    }
    await this.#call(`delete the branch ${branch}`, async (octokit, params) => {
      await octokit.rest.git.deleteRef({ ...params, ref: `heads/${branch}` });
    });
  }

  /** Opens a pull request into the deployed branch, or finds the one that is open for the branch. */
  async openPullRequest(options: {
    branch: string;
    title: string;
    body: string;
    draft?: boolean;
  }): Promise<PullRequest> {
    const { branch, title, body, draft = false } = options;
    return this.#call('open the pull request', async (octokit, params) => {
      try {
        const { data } = await octokit.rest.pulls.create({
          ...params,
          head: branch,
          base: this.#repository.branch,
          title,
          body,
          ...(draft && { draft }),
        });
        return toPullRequest(data);
      } catch (error) {
        const existing =
          githubStatus(error) === 422 && (await this.findPullRequest(branch));
        if (existing) {
          return existing;
        }
        throw error;
      }
    });
  }

  /**
   * The open pull request from a branch into the deployed one; where none is open and a commit is given, the one that
   * ended with it as its head.
   */
  async findPullRequest(
    branch: string,
    commit?: string,
  ): Promise<PullRequest | undefined> {
    return this.#call('look for the pull request', async (octokit, params) => {
      const { data } = await octokit.rest.pulls.list({
        ...params,
        state: commit ? 'all' : 'open',
        head: `${params.owner}:${branch}`,
        base: this.#repository.branch,
      });
      const ofBranch = data.filter(pull => pull.head.ref === branch);
      const found =
        ofBranch.find(({ state }) => state === 'open') ??
        ofBranch.find(({ head }) => head.sha === commit);
      return found && toPullRequest(found);
    });
  }

  async updatePullRequest(
    number: number,
    text: { title: string; body: string },
  ): Promise<void> {
    await this.#call(
      `change pull request #${number}`,
      async (octokit, params) => {
        await octokit.rest.pulls.update({
          ...params,
          pull_number: number,
          ...text,
        });
      },
    );
  }

  /** Adds labels to a pull request; those that the repository lacks are made. */
  async addLabels(number: number, labels: string[]): Promise<void> {
    await this.#call(
      `label pull request #${number}`,
      async (octokit, params) => {
        await octokit.rest.issues.addLabels({
          ...params,
          issue_number: number,
          labels,
        });
      },
    );
  }

  /** Asks people and teams to review a pull request. GitHub takes all of them, or none. */
  async requestReviewers(
    number: number,
    who: { reviewers: string[]; teamReviewers: string[] },
  ): Promise<void> {
    await this.#call(
      `ask ${[...who.reviewers, ...who.teamReviewers].join(
        ', ',
      )} to review pull request #${number}`,
      async (octokit, params) => {
        await octokit.rest.pulls.requestReviewers({
          ...params,
          pull_number: number,
          reviewers: who.reviewers,
          team_reviewers: who.teamReviewers,
        });
      },
    );
  }

  /** A pull request that did not change costs a conditional request. */
  async pullRequest(number: number): Promise<PullRequest> {
    return this.#ifChanged(
      `read pull request #${number}`,
      async (octokit, params) => {
        const { data, headers } = await octokit.rest.pulls.get({
          ...params,
          pull_number: number,
        });
        return { is: toPullRequest(data), etag: headers.etag };
      },
    );
  }

  /**
   * What GitHub says of an open pull request: up to 100 check runs, statuses and reviews. What did not change costs
   * conditional requests. What the integration may not read is absent.
   */
  async statusOf({
    number,
    headCommit,
    mergeability,
  }: PullRequest): Promise<PullRequestStatus> {
    const [runs, statuses, reviews] = await Promise.all([
      unlessRefused(
        this.#ifChanged(
          `read the check runs of ${headCommit}`,
          async (octokit, params) => {
            const { data, headers } = await octokit.rest.checks.listForRef({
              ...params,
              ref: headCommit,
              per_page: MAX_CHECKS,
            });
            const is: CheckData[] = data.check_runs;
            return { is, etag: headers.etag };
          },
        ),
      ),
      unlessRefused(
        this.#ifChanged(
          `read the statuses of ${headCommit}`,
          async (octokit, params) => {
            const { data, headers } =
              await octokit.rest.repos.getCombinedStatusForRef({
                ...params,
                ref: headCommit,
                per_page: MAX_CHECKS,
              });
            const is: CheckData[] = data.statuses.map(({ state }) => ({
              state,
            }));
            return { is, etag: headers.etag };
          },
        ),
      ),
      unlessRefused(
        this.#ifChanged(
          `read the reviews of pull request #${number}`,
          async (octokit, params) => {
            const { data, headers } = await octokit.rest.pulls.listReviews({
              ...params,
              pull_number: number,
              per_page: MAX_CHECKS,
            });
            return { is: countReviews(data), etag: headers.etag };
          },
        ),
      ),
    ]);
    const checks = [runs, statuses].flatMap(list => list ?? []);
    return {
      mergeability,
      ...((runs || statuses) && { checks: countChecks(checks) }),
      ...(reviews && { reviews }),
    };
  }

  // Asks again only whether it changed, where GitHub told a version of it.
  async #ifChanged<T>(
    what: string,
    ask: (
      octokit: Octokit,
      params: Params & { headers?: { 'if-none-match': string } },
    ) => Promise<{ is: T; etag?: string }>,
  ): Promise<T> {
    const known = this.#answers.get(what) as
      | { is: T; etag: string }
      | undefined;
    return this.#call(what, async (octokit, params) => {
      try {
        const { is, etag } = await ask(octokit, {
          ...params,
          ...(known && { headers: { 'if-none-match': known.etag } }),
        });
        this.#answers.delete(what);
        if (etag) {
          if (this.#answers.size >= ROOM_FOR_ANSWERS) {
            this.#answers.delete(this.#answers.keys().next().value ?? '');
          }
          this.#answers.set(what, { is, etag });
        }
        return is;
      } catch (error) {
        if (githubStatus(error) === 304 && known) {
          return known.is;
        }
        throw error;
      }
    });
  }

  /** Closes a pull request; one that is closed or merged already stays so. Returns it as it is then. */
  async closePullRequest(number: number): Promise<PullRequest> {
    return this.#call(
      `close pull request #${number}`,
      async (octokit, params) =>
        toPullRequest(
          (
            await octokit.rest.pulls.update({
              ...params,
              pull_number: number,
              state: 'closed',
            })
          ).data,
        ),
    );
  }

  /** Merges a pull request if its head is still the commit. Returns the commit that the deployed branch has then. */
  async merge(
    number: number,
    headCommit: string,
    method: MergeMethod = 'merge',
  ): Promise<string> {
    return this.#call(
      `merge pull request #${number}`,
      async (octokit, params) => {
        const { data } = await octokit.rest.pulls.merge({
          ...params,
          pull_number: number,
          sha: headCommit,
          merge_method: method,
        });
        return data.sha;
      },
    );
  }

  async #call<T>(
    what: string,
    run: (octokit: Octokit, params: Params) => Promise<T>,
  ): Promise<T> {
    const { owner, name } = this.#repository;
    try {
      return await run(await this.#octokit(), { owner, repo: name });
    } catch (error) {
      // An inner call has named its own failure already.
      const named = githubStatus(error) === undefined && isNamed(error);
      throw named
        ? error
        : toGithubError(error, what, this.slug, this.#options.tokenOwner);
    }
  }

  async #octokit(): Promise<Octokit> {
    const { token, type } = await this.#credentials.getCredentials({
      url: this.#repository.url,
    });
    if (this.#client?.token !== token || !this.#client) {
      // An App's tokens follow each other, and GitHub counts them together for each owner who installed it.
      const rateLimit = this.#rateLimits.of(
        this.#apiBaseUrl,
        type === 'app' ? `app of ${this.#repository.owner}` : `token ${token}`,
      );
      rateLimit.sharedBy(this);
      this.#client = {
        token,
        rateLimit,
        octokit: createOctokit({
          token,
          apiBaseUrl: this.#apiBaseUrl,
          rateLimit,
          onRequest: this.#onRequest,
        }),
      };
    }
    return this.#client.octokit;
  }
}

/** What the rest of the plugin sees of a repository; tests put a fake of the same shape in its place. */
export type InfraRepository = Pick<GithubRepository, keyof GithubRepository>;

/** What of it a person can do with a token of their own. */
export type RepositoryWriter = Pick<
  GithubRepository,
  | 'createCommit'
  | 'createBranch'
  | 'moveBranch'
  | 'openPullRequest'
  | 'updatePullRequest'
  | 'closePullRequest'
  | 'merge'
>;

async function unlessRefused<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isRefusal(error)) {
      return undefined;
    }
    throw error;
  }
}

// Octokit gives a text as bytes where its type names no charset.
function textOf(data: unknown): string {
  return data instanceof ArrayBuffer
    ? Buffer.from(data).toString('utf8')
    : String(data);
}

function kindOf(entry: { type?: string; mode?: string }): TreeEntry['kind'] {
  switch (entry.type) {
    case 'tree':
      return 'folder';
    case 'commit':
      return 'submodule';
    default:
      return entry.mode === '120000' ? 'symlink' : 'file';
  }
}

interface PullRequestData {
  number: number;
  html_url: string;
  state: string;
  draft?: boolean;
  mergeable_state?: string;
  merged_at: string | null;
  merged_by?: { login: string } | null;
  merge_commit_sha: string | null;
  head: { sha: string };
}

function toPullRequest(data: PullRequestData): PullRequest {
  const merged = data.merged_at !== null && data.merged_at !== undefined;
  return {
    number: data.number,
    url: data.html_url,
    state: data.state === 'open' ? 'open' : 'closed',
    merged,
    draft: data.draft ?? false,
    mergeability: toMergeability(data.mergeable_state),
    headCommit: data.head.sha,
    // Before the merge GitHub puts a trial merge here.
    mergeCommit: (merged && data.merge_commit_sha) || undefined,
    mergedBy: data.merged_by?.login,
    mergedAt: data.merged_at ?? undefined,
  };
}

function isNamed(error: unknown): boolean {
  return (
    error instanceof Error &&
    [
      'ConflictError',
      'InputError',
      'NotFoundError',
      'ServiceUnavailableError',
    ].includes(error.name)
  );
}
