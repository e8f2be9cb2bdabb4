import { Octokit } from '@octokit/rest';
import { ConflictError } from '@backstage/errors';
import { GithubConnection, RepositoryParams } from './GithubConnection';
import { githubStatus } from './githubErrors';
import { Branches, Revisions } from './InfraRepository';

export function createBranches(
  connection: GithubConnection,
  { branchHead }: Pick<Revisions, 'branchHead'>,
): Branches {
  const { branch: deployed } = connection.repository;

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
    },

    async createBranch(branch, commit, isLeftBehind = async () => false) {
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
            if (existing === commit) {
              return;
            }
            if (
              !(await isLeftBehind(existing)) &&
              (await isAhead(octokit, params, `${deployed}...${existing}`))
            ) {
              throw new ConflictError(
                `The branch ${branch} of ${connection.slug} has commits that are not in ${deployed}; merge or delete it, then try again`,
              );
            }
            await octokit.rest.git.updateRef({
              ...params,
              ref: `heads/${branch}`,
              sha: commit,
              force: true,
            });
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

    async deleteBranch(branch, commit) {
      if ((await branchHead(branch)) !== commit) {
        return;
      }
      await connection.call(
        `delete the branch ${branch}`,
        async (octokit, params) => {
          await octokit.rest.git.deleteRef({
            ...params,
            ref: `heads/${branch}`,
          });
        },
      );
    },
  };
}

async function isAhead(
  octokit: Octokit,
  params: RepositoryParams,
  basehead: string,
): Promise<boolean> {
  const { data } = await octokit.rest.repos.compareCommitsWithBasehead({
    ...params,
    basehead,
    per_page: 1,
  });
  return data.ahead_by > 0;
}
