import { NotFoundError } from '@backstage/errors';
import { AS_BYTES, bytesOf } from './createOctokit';
import { isFullSha } from './fullSha';
import { GithubConnection } from './GithubConnection';
import { githubStatus } from './githubErrors';
import { Revisions } from './InfraRepository';
import { RecentlyUsed } from './RecentlyUsed';

// What never changes is kept; the bound is for memory alone.
const ROOM_FOR_SHAS = 500;

export function createRevisions(connection: GithubConnection): Revisions {
  const { branch: deployed } = connection.repository;
  const shas = new RecentlyUsed<string>({ room: ROOM_FOR_SHAS });

  const resolve = (revision: string) =>
    connection.ifChanged(
      `find the revision ${revision}`,
      async (octokit, params) => {
        try {
          const { data, headers } = await octokit.rest.repos.getCommit({
            ...params,
            ref: revision.replace(/^refs\/(?=heads\/|tags\/)/, ''),
            mediaType: { format: 'sha' },
            request: AS_BYTES,
          });
          const sha = (await bytesOf(data)).toString().trim();
          if (!isFullSha(sha)) {
            throw new Error('GitHub answered with no commit');
          }
          return { is: sha, etag: headers.etag };
        } catch (error) {
          // GitHub takes what is neither a branch nor a tag for a SHA that is not valid.
          if ([404, 422].includes(githubStatus(error) ?? 0)) {
            throw new NotFoundError(
              `There is no branch, tag or commit ${revision} in ${connection.slug} that the token may see`,
            );
          }
          throw error;
        }
      },
    );

  return {
    async defaultBranch() {
      return connection.call('read the repository', async (octokit, params) => {
        const { data } = await octokit.rest.repos.get(params);
        return data.default_branch;
      });
    },

    async head() {
      return connection.ifChanged(
        `read the branch ${deployed}`,
        async (octokit, params) => {
          const { data, headers } = await octokit.rest.git.getRef({
            ...params,
            ref: `heads/${deployed}`,
          });
          return { is: data.object.sha, etag: headers.etag };
        },
      );
    },

    async resolve(revision) {
      return isFullSha(revision)
        ? shas.get(revision, () => resolve(revision))
        : resolve(revision);
    },

    async branchHead(branch) {
      return connection.call(
        `read the branch ${branch}`,
        async (octokit, params) => {
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
        },
      );
    },
  };
}
