import { NotAllowedError, NotFoundError } from '@backstage/errors';
import {
  GithubCredentialsProvider,
  ScmIntegrationRegistry,
} from '@backstage/integration';
import { compareCommits } from './compareCommits';
import { Comparison } from './comparison';
import { createOctokit, GithubRequest } from './createOctokit';
import { isFullSha } from './fullSha';
import { toGithubError } from './githubErrors';
import { RateLimits } from './RateLimit';
import { matchesRepository } from './repositoryPatterns';
import { RecentlyUsed } from './RecentlyUsed';

// Commits in memory.
const ROOM_FOR_COMMITS = 20_000;

/** A repository on a GitHub that is integrated. */
export interface SourceRepository {
  /** Its page, without a trailing slash or `.git`. */
  url: string;
  owner: string;
  name: string;
  apiBaseUrl: string;
}

/**
 * The repositories that images say they were built from. That is text from outside: only hosts of `integrations.github`
 * are ever asked, at the address that is configured for them, and only of the repositories that are allowed.
 */
export class SourceRepositories {
  readonly #integrations: ScmIntegrationRegistry;
  readonly #credentials: GithubCredentialsProvider;
  readonly #rateLimits: RateLimits;
  readonly #allowed: readonly string[];
  readonly #onRequest?: (request: GithubRequest) => void;
  readonly #comparisons = new RecentlyUsed<Comparison>({
    room: ROOM_FOR_COMMITS,
    sizeOf: ({ commits }) => 1 + commits.length,
  });

  /**
   * @param options.rateLimits - shared with all else that asks GitHub
   * @param options.allowed - patterns of the repositories that may be asked
   */
  constructor(options: {
    integrations: ScmIntegrationRegistry;
    credentials: GithubCredentialsProvider;
    rateLimits: RateLimits;
    allowed: readonly string[];
    onRequest?: (request: GithubRequest) => void;
  }) {
    this.#integrations = options.integrations;
    this.#credentials = options.credentials;
    this.#rateLimits = options.rateLimits;
    this.#allowed = options.allowed;
    this.#onRequest = options.onRequest;
  }

  /**
   * The repository that an address is of; undefined where it is none, or its host is not in `integrations.github`.
   *
   * @throws NotAllowedError where it may not be asked
   */
  find(address: string): SourceRepository | undefined {
    const { protocol, host, pathname } = URL.canParse(address)
      ? new URL(address)
      : { protocol: '', host: '', pathname: '' };
    const [, owner, name] =
      /^\/([A-Za-z0-9-]+)\/([A-Za-z0-9._-]+?)(?:\.git)?\/?$/.exec(pathname) ??
      [];
    if (!/^https?:$/.test(protocol) || !owner || /^\.*$/.test(name)) {
      return undefined;
    }
    const url = `${protocol}//${host}/${owner}/${name}`;
    const apiBaseUrl = this.#integrations.github.byUrl(url)?.config.apiBaseUrl;
    if (apiBaseUrl === undefined) {
      return undefined;
    }
    if (!matchesRepository(this.#allowed, url)) {
      throw new NotAllowedError(
        `${url} is not among the repositories of gitops.applicationCommits.repositories`,
      );
    }
    return { url, owner, name, apiBaseUrl };
  }

  /**
   * How one commit stands to another, with what lies between them. Two commits stand to each other the same way for ever,
   * so they are asked for once.
   *
   * @throws NotFoundError where one of them is unknown, or they have no history in common.
   */
  async compare(
    repository: SourceRepository,
    base: string,
    head: string,
  ): Promise<Comparison> {
    const { url } = repository;
    return isFullSha(base) && isFullSha(head)
      ? this.#comparisons.get(JSON.stringify([url, base, head]), () =>
          this.#compare(repository, base, head),
        )
      : this.#compare(repository, base, head);
  }

  async #compare(
    { url, owner, name, apiBaseUrl }: SourceRepository,
    base: string,
    head: string,
  ): Promise<Comparison> {
    const slug = `${owner}/${name}`;
    try {
      const { token, type } = await this.#credentials.getCredentials({ url });
      const octokit = createOctokit({
        token,
        apiBaseUrl,
        rateLimit: this.#rateLimits.of(
          apiBaseUrl,
          type === 'app' ? `app of ${owner}` : `token ${token}`,
        ),
        writes: this.#rateLimits.writesTo(apiBaseUrl),
        onRequest: this.#onRequest,
      });
      return await compareCommits(octokit, { owner, repo: name }, base, head);
    } catch (error) {
      const failure = toGithubError(error, 'compare commits', slug);
      throw NotFoundError.is(failure)
        ? new NotFoundError(
            `${slug} does not have both commits, or they have no history in common, or the integration may not read it`,
          )
        : failure;
    }
  }
}
