import { createBranches } from './createBranches';
import { createContents } from './createContents';
import { createHistory } from './createHistory';
import { createPullRequests } from './createPullRequests';
import { createRevisions } from './createRevisions';
import { GithubConnection, GithubConnectionOptions } from './GithubConnection';
import { InfraRepository } from './InfraRepository';
import { RateLimits } from './RateLimit';

/** An infra repository on GitHub. @throws as `GithubConnection` */
export function createGithubRepository(
  options: GithubConnectionOptions,
): InfraRepository {
  const { rateLimits = new RateLimits() } = options;
  const connection = new GithubConnection({ ...options, rateLimits });
  const revisions = createRevisions(connection);
  return {
    slug: connection.slug,
    get rateLimit() {
      return connection.rateLimit;
    },
    pollDelayMs: intervalMs => connection.pollDelayMs(intervalMs),
    as: token =>
      createGithubRepository({
        ...options,
        credentials: {
          getCredentials: async () => ({
            type: 'token',
            token: token.reveal(),
          }),
        },
        // GitHub counts for each person apart, and what it says at one request holds for the next.
        rateLimits,
        tokenOwner: 'user',
      }),
    ...revisions,
    ...createContents(connection),
    ...createHistory(connection),
    ...createBranches(connection, revisions),
    ...createPullRequests(connection),
  };
}
