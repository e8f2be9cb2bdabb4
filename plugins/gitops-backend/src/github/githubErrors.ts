import {
  ConflictError,
  InputError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';

/** A failure that is an answer of GitHub's, as Octokit throws it. */
export interface GithubFailure {
  status: number;
  message: string;
  response?: {
    headers?: Record<string, string | number | undefined>;
    data?: unknown;
  };
}

/**
 * GitHub does not let the integration do it. That is nothing that the person who asked may or may not do, so it is not
 * answered as such.
 */
class IntegrationRefusedError extends ServiceUnavailableError {}

/** One of GitHub's rate limits is reached: it has done nothing, and does it later. */
export class RateLimitReachedError extends ServiceUnavailableError {}

/** Whose token GitHub was asked with. */
export type TokenOwner = 'integration' | 'user';

/** The HTTP status that GitHub answered with, if the error is an answer of GitHub's. */
export function githubStatus(error: unknown): number | undefined {
  return isFailure(error) ? error.status : undefined;
}

/** Whether GitHub answered that it will not do it: nothing of the step took effect, and to try again is of no use. */
export function isRefusal(error: unknown): error is Error {
  return (
    error instanceof IntegrationRefusedError ||
    ['ConflictError', 'InputError', 'NotFoundError'].includes(
      error instanceof Error ? error.name : '',
    )
  );
}

/** Whether it is sure that GitHub has not done it. */
export function isNotDone(error: unknown): boolean {
  return isRefusal(error) || error instanceof RateLimitReachedError;
}

/** Whether an error is one of ours already, which says what to do. */
export function isNamed(error: unknown): boolean {
  return (
    error instanceof Error &&
    !isFailure(error) &&
    [
      'ConflictError',
      'InputError',
      'NotFoundError',
      'ServiceUnavailableError',
    ].includes(error.name)
  );
}

/**
 * Whether GitHub did not merge because the deployed branch moved meanwhile, as it does where pull requests are merged one
 * right after the other. It answers what cannot be merged at all with the same status.
 */
export function isBaseMoved(error: unknown): boolean {
  return (
    isFailure(error) &&
    error.status === 405 &&
    /base branch was modified/i.test(gitHubsWords(error))
  );
}

/**
 * Turns a failed call to GitHub into an error that a person can act on. Only GitHub's own words are passed on, never
 * the request, which carries the token.
 *
 * @param what - what was tried, as in "open the pull request"
 * @param slug - `owner/name`
 * @param owner - whose token it was tried with
 */
export function toGithubError(
  error: unknown,
  what: string,
  slug: string,
  owner: TokenOwner = 'integration',
): Error {
  if (!isFailure(error)) {
    return new ServiceUnavailableError(
      `GitHub did not answer when asked to ${what} in ${slug}`,
    );
  }
  const said = gitHubsWords(error);
  switch (true) {
    case error.status === 401 && owner === 'user':
      return new InputError(
        `GitHub refuses your GitHub token for ${slug} (401); sign out of GitHub in the settings of Backstage, and in again`,
      );
    case error.status === 401:
      return new IntegrationRefusedError(
        `GitHub refuses the token for ${slug} (401); give a valid one in integrations.github`,
      );
    case isRateLimited(error):
      return new RateLimitReachedError(
        `GitHub's rate limit is reached; ${retryAdvice(error)}`,
      );
    case error.status === 403 && owner === 'user':
      return new InputError(
        `GitHub does not let you ${what} in ${slug} (403: ${said}); ask for write access to the repository`,
      );
    case error.status === 403:
      return new IntegrationRefusedError(
        `GitHub does not let the integration ${what} in ${slug} (403: ${said}); it needs write access to contents and pull requests`,
      );
    case error.status === 404:
      return new NotFoundError(
        `GitHub knows no such thing when asked to ${what} in ${slug} (404); check the repository, the branch, and that the token may see them`,
      );
    case error.status === 405 || error.status === 409:
      return new ConflictError(
        `GitHub cannot ${what} in ${slug} as it stands (${error.status}: ${said})`,
      );
    case error.status >= 500:
      return new ServiceUnavailableError(
        `GitHub failed (${error.status}) when asked to ${what} in ${slug}`,
      );
    default:
      return new InputError(
        `GitHub does not accept to ${what} in ${slug} (${error.status}: ${said})`,
      );
  }
}

/** Whether an error is an answer of GitHub's. */
export function isFailure(error: unknown): error is GithubFailure {
  const { status } = (error ?? {}) as { status?: unknown };
  // Octokit reports a request without an answer as a 500 that has no response.
  return (
    typeof status === 'number' &&
    (error as GithubFailure).response !== undefined
  );
}

/** Whether GitHub refused because of one of its rate limits. */
export function isRateLimited(error: GithubFailure): boolean {
  const headers = error.response?.headers ?? {};
  return (
    error.status === 429 ||
    (error.status === 403 &&
      (String(headers['x-ratelimit-remaining']) === '0' ||
        headers['retry-after'] !== undefined ||
        /rate limit/i.test(gitHubsWords(error))))
  );
}

function retryAdvice(error: GithubFailure): string {
  const headers = error.response?.headers ?? {};
  const retryAfter = Number(headers['retry-after']);
  const reset = Number(headers['x-ratelimit-reset']);
  if (retryAfter > 0) {
    return `try again in ${retryAfter} s`;
  }
  return reset > 0
    ? `try again after ${new Date(reset * 1000).toISOString()}`
    : 'try again later';
}

function gitHubsWords(error: GithubFailure): string {
  const data = (error.response?.data ?? {}) as {
    message?: unknown;
    errors?: unknown;
  };
  const details = Array.isArray(data.errors)
    ? data.errors.map(item =>
        typeof item === 'string' ? item : item?.message ?? item?.code,
      )
    : [];
  return [data.message, ...details]
    .filter((word): word is string => typeof word === 'string')
    .join('; ');
}
