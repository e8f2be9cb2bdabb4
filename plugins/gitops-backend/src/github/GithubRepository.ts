import { Octokit } from '@octokit/rest';
import { ConflictError, NotFoundError } from '@backstage/errors';
import {
  GithubCredentialsProvider,
  ScmIntegrationRegistry,
} from '@backstage/integration';
import { RepositoryConfig } from '../config';
import { githubStatus, toGithubError } from './githubErrors';
import { readArchive } from './readArchive';

const REQUEST_TIMEOUT_MS = 15_000;
const ARCHIVE_TIMEOUT_MS = 120_000;

/** A file of a tree: a regular file's path, the SHA of its content and its size in bytes. */
export interface TreeFile {
  path: string;
  sha: string;
  size: number;
}

/** How one commit stands to another. */
export interface Comparison {
  /** Commits that `head` has and `base` has not. */
  aheadBy: number;
  /** Commits that `base` has and `head` has not. */
  behindBy: number;
}

/** A pull request as far as promotions follow it. */
export interface PullRequest {
  number: number;
  url: string;
  state: 'open' | 'closed';
  merged: boolean;
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
  readonly #repository: RepositoryConfig;
  readonly #apiBaseUrl: string;
  readonly #credentials: GithubCredentialsProvider;
  #head?: { etag: string; sha: string };
  #client?: { token: string | undefined; octokit: Octokit };

  /** @throws NotFoundError where no GitHub integration is configured for the repository's host. */
  constructor(options: {
    repository: RepositoryConfig;
    integrations: ScmIntegrationRegistry;
    credentials: GithubCredentialsProvider;
  }) {
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
  }

  get slug(): string {
    return `${this.#repository.owner}/${this.#repository.name}`;
  }

  /** The head of the deployed branch. A branch that did not move costs a conditional request, free of GitHub's rate limit. */
  async head(): Promise<string> {
    const { branch } = this.#repository;
    return this.#call(`read the branch ${branch}`, async (octokit, params) => {
      try {
        const { data, headers } = await octokit.rest.git.getRef({
          ...params,
          ref: `heads/${branch}`,
          headers: this.#head && { 'if-none-match': this.#head.etag },
        });
        const sha = data.object.sha;
        this.#head = headers.etag ? { etag: headers.etag, sha } : undefined;
        return sha;
      } catch (error) {
        if (githubStatus(error) === 304 && this.#head) {
          return this.#head.sha;
        }
        throw error;
      }
    });
  }

  /** The regular files of a commit; links and submodules are left out. */
  async tree(commit: string): Promise<TreeFile[]> {
    const data = await this.#call(
      `read the tree of ${commit}`,
      async (octokit, params) =>
        (
          await octokit.rest.git.getTree({
            ...params,
            tree_sha: commit,
            recursive: 'true',
          })
        ).data,
    );
    if (data.truncated) {
      throw new ConflictError(
        `GitHub cuts the tree of ${this.slug} short; a repository of that size is not supported yet`,
      );
    }
    return data.tree
      .filter(entry => entry.type === 'blob' && entry.mode !== '120000')
      .map(({ path, sha, size }) => ({
        path: path ?? '',
        sha: sha ?? '',
        size: size ?? 0,
      }));
  }

  /** The text of a blob. */
  async blob(sha: string): Promise<string> {
    return this.#call(`read the blob ${sha}`, async (octokit, params) => {
      const { data } = await octokit.rest.git.getBlob({
        ...params,
        file_sha: sha,
      });
      return Buffer.from(
        data.content,
        data.encoding === 'base64' ? 'base64' : 'utf8',
      ).toString('utf8');
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
          request: { signal: AbortSignal.timeout(ARCHIVE_TIMEOUT_MS) },
        });
        return readArchive(Buffer.from(data as ArrayBuffer), isWanted);
      },
    );
  }

  /** How `head` stands to `base`. Rejects with NotFoundError where one of them is unknown. */
  async compare(base: string, head: string): Promise<Comparison> {
    return this.#call(
      `compare ${base} and ${head}`,
      async (octokit, params) => {
        const { data } = await octokit.rest.repos.compareCommitsWithBasehead({
          ...params,
          basehead: `${base}...${head}`,
          per_page: 1,
        });
        return { aheadBy: data.ahead_by, behindBy: data.behind_by };
      },
    );
  }

  /** Makes a commit on top of another that replaces whole files; no branch points at it yet. Returns its SHA. */
  async createCommit(options: {
    parent: string;
    message: string;
    files: { path: string; text: string }[];
  }): Promise<string> {
    const { parent, message, files } = options;
    return this.#call('make a commit', async (octokit, params) => {
      const { data: base } = await octokit.rest.git.getCommit({
        ...params,
        commit_sha: parent,
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
        parents: [parent],
      });
      return commit.sha;
    });
  }

  /**
   * Points a new branch at a commit. A branch of that name that is there already is taken when it points at the
   * commit, and moved when the deployed branch has all that is on it, as one has that an earlier promotion left behind.
   *
   * @throws ConflictError when the branch carries commits of somebody else; they are never overwritten.
   */
  async createBranch(branch: string, commit: string): Promise<void> {
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
        const { aheadBy } = await this.compare(
          this.#repository.branch,
          existing,
        );
        if (aheadBy > 0) {
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
  }): Promise<PullRequest> {
    const { branch, title, body } = options;
    return this.#call('open the pull request', async (octokit, params) => {
      try {
        const { data } = await octokit.rest.pulls.create({
          ...params,
          head: branch,
          base: this.#repository.branch,
          title,
          body,
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

  /** The open pull request from a branch into the deployed one. */
  async findPullRequest(branch: string): Promise<PullRequest | undefined> {
    return this.#call('look for the pull request', async (octokit, params) => {
      const { data } = await octokit.rest.pulls.list({
        ...params,
        state: 'open',
        head: `${params.owner}:${branch}`,
        base: this.#repository.branch,
      });
      const found = data.find(pull => pull.head.ref === branch);
      return found && toPullRequest(found);
    });
  }

  async pullRequest(number: number): Promise<PullRequest> {
    return this.#call(`read pull request #${number}`, async (octokit, params) =>
      toPullRequest(
        (await octokit.rest.pulls.get({ ...params, pull_number: number })).data,
      ),
    );
  }

  /** Merges a pull request if its head is still the commit. Returns the merge commit. */
  async merge(number: number, headCommit: string): Promise<string> {
    return this.#call(
      `merge pull request #${number}`,
      async (octokit, params) => {
        const { data } = await octokit.rest.pulls.merge({
          ...params,
          pull_number: number,
          sha: headCommit,
          merge_method: 'merge',
        });
        return data.sha;
      },
    );
  }

  async #call<T>(
    what: string,
    run: (
      octokit: Octokit,
      params: { owner: string; repo: string },
    ) => Promise<T>,
  ): Promise<T> {
    const { owner, name } = this.#repository;
    try {
      return await run(await this.#octokit(), { owner, repo: name });
    } catch (error) {
      // An inner call has named its own failure already.
      const named = githubStatus(error) === undefined && isNamed(error);
      throw named ? error : toGithubError(error, what, this.slug);
    }
  }

  async #octokit(): Promise<Octokit> {
    const { token } = await this.#credentials.getCredentials({
      url: this.#repository.url,
    });
    if (this.#client?.token !== token || !this.#client) {
      this.#client = {
        token,
        octokit: new Octokit({
          auth: token,
          baseUrl: this.#apiBaseUrl,
          // Failures are logged by those who know what they mean.
          log: { debug() {}, info() {}, warn() {}, error() {} },
          request: {
            fetch: (url: string, init: RequestInit) =>
              fetch(url, {
                ...init,
                signal: init.signal ?? AbortSignal.timeout(REQUEST_TIMEOUT_MS),
              }),
          },
        }),
      };
    }
    return this.#client.octokit;
  }
}

/** What the rest of the plugin sees of a repository; tests put a fake of the same shape in its place. */
export type InfraRepository = Pick<GithubRepository, keyof GithubRepository>;

interface PullRequestData {
  number: number;
  html_url: string;
  state: string;
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
