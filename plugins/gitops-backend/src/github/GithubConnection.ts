import { Octokit } from '@octokit/rest';
import { NotFoundError } from '@backstage/errors';
import {
  GithubCredentialsProvider,
  ScmIntegrationRegistry,
} from '@backstage/integration';
import { RepositoryConfig } from '../config';
import { createOctokit, GithubRequest } from './createOctokit';
import {
  githubStatus,
  isNamed,
  toGithubError,
  TokenOwner,
} from './githubErrors';
import { RateLimit, RateLimits, RateLimitStatus } from './RateLimit';

// Answers in memory, to ask only whether they changed.
const ROOM_FOR_ANSWERS = 1_500;

/** What names the repository in a call of Octokit's. */
export type RepositoryParams = { owner: string; repo: string };

/** How a repository on GitHub is reached. */
export interface GithubConnectionOptions {
  repository: RepositoryConfig;
  integrations: ScmIntegrationRegistry;
  credentials: GithubCredentialsProvider;
  /** Shared by all repositories, since GitHub counts for all of them together. */
  rateLimits?: RateLimits;
  /** Told each request that is sent. */
  onRequest?: (request: GithubRequest) => void;
  /** Whose the credentials are; the integration's when absent. */
  tokenOwner?: TokenOwner;
}

/** The way to one repository on GitHub: the credentials of the moment, their rate limit, and what a failure is called. */
export class GithubConnection {
  readonly repository: RepositoryConfig;
  readonly #apiBaseUrl: string;
  readonly #credentials: GithubCredentialsProvider;
  readonly #rateLimits: RateLimits;
  readonly #onRequest?: (request: GithubRequest) => void;
  readonly #tokenOwner?: TokenOwner;
  readonly #answers = new Map<string, { is: unknown; etag: string }>();
  #client?: {
    token: string | undefined;
    octokit: Octokit;
    rateLimit: RateLimit;
  };

  /** @throws NotFoundError where no GitHub integration is configured for the repository's host. */
  constructor(options: GithubConnectionOptions) {
    const { repository, integrations, credentials } = options;
    const integration = integrations.github.byUrl(repository.url);
    if (!integration?.config.apiBaseUrl) {
      throw new NotFoundError(
        `There is no GitHub integration for ${repository.url}; add its host to integrations.github`,
      );
    }
    this.repository = repository;
    this.#apiBaseUrl = integration.config.apiBaseUrl;
    this.#credentials = credentials;
    this.#rateLimits = options.rateLimits ?? new RateLimits();
    this.#onRequest = options.onRequest;
    this.#tokenOwner = options.tokenOwner;
  }

  /** `owner/name` */
  get slug(): string {
    return `${this.repository.owner}/${this.repository.name}`;
  }

  /** What the rate limit of the credentials stands at; undefined before GitHub said anything of it. */
  get rateLimit(): RateLimitStatus | undefined {
    return this.#client?.rateLimit.status();
  }

  /** How long to wait before looking again: the interval, or longer where the rate limit is near or reached. */
  pollDelayMs(intervalMs: number): number {
    return this.#client?.rateLimit.pollDelayMs(intervalMs) ?? intervalMs;
  }

  /**
   * Makes calls to GitHub. They reject with the errors of `toGithubError`; an error of ours stays as it is.
   *
   * @param what - what is tried, as in "open the pull request"
   */
  async call<T>(
    what: string,
    run: (octokit: Octokit, params: RepositoryParams) => Promise<T>,
  ): Promise<T> {
    const { owner, name } = this.repository;
    try {
      return await run(await this.#octokit(), { owner, repo: name });
    } catch (error) {
      // An inner call has named its own failure already.
      throw isNamed(error)
        ? error
        : toGithubError(error, what, this.slug, this.#tokenOwner);
    }
  }

  /**
   * As `call`, for one request whose answer is asked for again and again: where GitHub told a version of it, only
   * whether it changed.
   *
   * @param what - names the answer as well
   */
  async ifChanged<T>(
    what: string,
    ask: (
      octokit: Octokit,
      params: RepositoryParams & { headers?: { 'if-none-match': string } },
    ) => Promise<{ is: T; etag?: string }>,
  ): Promise<T> {
    const known = this.#answers.get(what) as
      | { is: T; etag: string }
      | undefined;
    return this.call(what, async (octokit, params) => {
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

  async #octokit(): Promise<Octokit> {
    const { token, type } = await this.#credentials.getCredentials({
      url: this.repository.url,
    });
    if (this.#client?.token !== token || !this.#client) {
      // An App's tokens follow each other, and GitHub counts them together for each owner who installed it.
      const rateLimit = this.#rateLimits.of(
        this.#apiBaseUrl,
        type === 'app' ? `app of ${this.repository.owner}` : `token ${token}`,
      );
      // A person's connection does not poll, and nothing may keep it: it knows their token.
      if (this.#tokenOwner !== 'user') {
        rateLimit.sharedBy(this);
      }
      this.#client = {
        token,
        rateLimit,
        octokit: createOctokit({
          token,
          apiBaseUrl: this.#apiBaseUrl,
          rateLimit,
          writes: this.#rateLimits.writesTo(this.#apiBaseUrl),
          onRequest: this.#onRequest,
        }),
      };
    }
    return this.#client.octokit;
  }
}
