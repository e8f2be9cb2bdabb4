import { ConflictError } from '@backstage/errors';
import { GithubConnection } from './GithubConnection';
import { githubStatus } from './githubErrors';
import { Branches, Revisions } from './InfraRepository';

export function createBranches(
  connection: GithubConnection,
  { branchHead }: Pick<Revisions, 'branchHead'>,
): Branches {
  return {
    async createCommit({ parents, message, files }) {
      return connection.call('make a commit', async (octokit, params) => {
        const { data: base } = await octokit.rest.git.getCommit({
          ...params,
          commit_sha: parents[parents.length - 1],
        });
        const { data: tree } = await octokit.rest.git.createTree({
          ...params,
          base_tree: base.tree.sha,
          tree: files.map(({ path, text, executable }) => ({
            path,
            mode: executable ? '100755' : '100644',
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
    },

    async createBranch(branch, commit) {
      await connection.call(
        `make the branch ${branch}`,
        async (octokit, params) => {
          try {
            await octokit.rest.git.createRef({
              ...params,
              ref: `refs/heads/${branch}`,
              sha: commit,
            });
          } catch (error) {
            const existing =
              githubStatus(error) === 422 && (await branchHead(branch));
            if (!existing) {
              throw error;
            }
            if (existing !== commit) {
              throw new ConflictError(
                `There is a branch ${branch} in ${connection.slug} with other commits, and they are not overwritten; merge or delete it, then try again`,
              );
            }
          }
        },
      );
    },

    async moveBranch(branch, commit) {
      await connection.call(
        `move the branch ${branch}`,
        async (octokit, params) => {
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
            const existing = await branchHead(branch);
            if (existing === commit) {
              return;
            }
            throw existing
              ? new ConflictError(
                  `Somebody pushed to ${branch} of ${connection.slug}, and their commits are not overwritten; merge or close its pull request first`,
                )
              : new ConflictError(
                  `The branch ${branch} of ${connection.slug} is gone; its pull request cannot be updated`,
                );
          }
        },
      );
    },

    // REST cannot compare and delete in one: what is pushed between these two calls is gone from the branch. All callers
    // have seen the pull request ended or refused before, and the one who pushed has the commits still.
    async deleteBranch(branch, commit) {
      if ((await branchHead(branch)) !== commit) {
        return;
      }
      await connection.call(
        `delete the branch ${branch}`,
        async (octokit, params) => {
          try {
            await octokit.rest.git.deleteRef({
              ...params,
              ref: `heads/${branch}`,
            });
          } catch (error) {
            // Somebody else deleted it between the two calls.
            if (
              ![404, 422].includes(githubStatus(error) ?? 0) ||
              (await branchHead(branch))
            ) {
              throw error;
            }
          }
        },
      );
    },
  };
}
