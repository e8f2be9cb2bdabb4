import { setTimeout } from 'node:timers/promises';
import { GithubConnection } from './GithubConnection';
import { githubStatus, isBaseMoved, isRefusal } from './githubErrors';
import { PullRequest, PullRequests } from './InfraRepository';
import {
  CheckData,
  countChecks,
  countReviews,
  toMergeability,
} from './pullRequestStatus';

// GitHub gives no more on one page.
const MAX_CHECKS = 100;

// Before each further try of a merge that another one into the branch came just before.
const MERGE_PAUSES_MS = [1_000, 3_000];

/** @param sleep - waits so many milliseconds */
export function createPullRequests(
  connection: GithubConnection,
  sleep: (ms: number) => Promise<unknown> = setTimeout,
): PullRequests {
  const { branch: deployed } = connection.repository;

  const find = (branch: string, state: 'open' | 'all') =>
    connection.call('look for the pull request', async (octokit, params) => {
      const { data } = await octokit.rest.pulls.list({
        ...params,
        state,
        head: `${params.owner}:${branch}`,
        base: deployed,
        sort: 'created',
        direction: 'desc',
      });
      const ofBranch = data.filter(pull => pull.head.ref === branch);
      const found = ofBranch.find(pull => pull.state === 'open') ?? ofBranch[0];
      return found && toPullRequest(found, deployed);
    });

  const updatePullRequest: PullRequests['updatePullRequest'] = async (
    number,
    text,
  ) => {
    await connection.call(
      `change pull request #${number}`,
      async (octokit, params) => {
        await octokit.rest.pulls.update({
          ...params,
          pull_number: number,
          ...text,
        });
      },
    );
  };

  return {
    findPullRequest: branch => find(branch, 'all'),
    updatePullRequest,

    // An open pull request has its branch, and most targets have none.
    async findOpenPullRequest(beginning) {
      const { data: refs } = await connection.call(
        `look for branches ${beginning}…`,
        (octokit, params) =>
          octokit.rest.git.listMatchingRefs({
            ...params,
            ref: `heads/${beginning}`,
          }),
      );
      for (const { ref } of refs) {
        const found = await find(ref.replace('refs/heads/', ''), 'open');
        if (found) {
          return found;
        }
      }
      return undefined;
    },

    async openPullRequest({ branch, title, body, draft = false }) {
      return connection.call(
        'open the pull request',
        async (octokit, params) => {
          try {
            const { data } = await octokit.rest.pulls.create({
              ...params,
              head: branch,
              base: deployed,
              title,
              body,
              ...(draft && { draft }),
            });
            return toPullRequest(data, deployed);
          } catch (error) {
            const existing =
              githubStatus(error) === 422 && (await find(branch, 'open'));
            if (existing) {
              // Of the promotion that the branch is named after, which may say something newer by now.
              return existing;
            }
            throw error;
          }
        },
      );
    },

    async addLabels(number, labels) {
      await connection.call(
        `label pull request #${number}`,
        async (octokit, params) => {
          await octokit.rest.issues.addLabels({
            ...params,
            issue_number: number,
            labels,
          });
        },
      );
    },

    async requestReviewers(number, { reviewers, teamReviewers }) {
      const who = [...reviewers, ...teamReviewers].join(', ');
      await connection.call(
        `ask ${who} to review pull request #${number}`,
        async (octokit, params) => {
          await octokit.rest.pulls.requestReviewers({
            ...params,
            pull_number: number,
            reviewers,
            team_reviewers: teamReviewers,
          });
        },
      );
    },

    async pullRequest(number) {
      return connection.ifChanged(
        `read pull request #${number}`,
        async (octokit, params) => {
          const { data, headers } = await octokit.rest.pulls.get({
            ...params,
            pull_number: number,
          });
          return { is: toPullRequest(data, deployed), etag: headers.etag };
        },
      );
    },

    async statusOf({ number, headCommit, mergeability }) {
      const [runs, statuses, reviews] = await Promise.all([
        unlessRefused(
          connection.ifChanged(
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
          connection.ifChanged(
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
          connection.ifChanged(
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
    },

    async closePullRequest(number) {
      return connection.call(
        `close pull request #${number}`,
        async (octokit, params) => {
          const { data } = await octokit.rest.pulls.update({
            ...params,
            pull_number: number,
            state: 'closed',
          });
          return toPullRequest(data, deployed);
        },
      );
    },

    async merge(number, headCommit, method = 'merge') {
      return connection.call(
        `merge pull request #${number}`,
        async (octokit, params) => {
          const merge = async () => {
            const { data } = await octokit.rest.pulls.merge({
              ...params,
              pull_number: number,
              sha: headCommit,
              merge_method: method,
            });
            return data.sha;
          };
          for (const pauseMs of MERGE_PAUSES_MS) {
            try {
              return await merge();
            } catch (error) {
              if (!isBaseMoved(error)) {
                throw error;
              }
            }
            await sleep(pauseMs);
          }
          return merge();
        },
      );
    },
  };
}

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
  base: { ref: string };
}

function toPullRequest(data: PullRequestData, deployed: string): PullRequest {
  const merged = data.merged_at !== null && data.merged_at !== undefined;
  return {
    number: data.number,
    url: data.html_url,
    state: data.state === 'open' ? 'open' : 'closed',
    merged,
    draft: data.draft ?? false,
    mergeability: toMergeability(data.mergeable_state),
    headCommit: data.head.sha,
    elsewhere: data.base.ref === deployed ? undefined : data.base.ref,
    // Before the merge GitHub puts a trial merge here.
    mergeCommit: (merged && data.merge_commit_sha) || undefined,
    mergedBy: data.merged_by?.login,
    mergedAt: data.merged_at ?? undefined,
  };
}
