import { compareCommits } from './compareCommits';
import {
  Comparison,
  pathsOf,
  toChangedFile,
  toCommitSummary,
} from './comparison';
import { isFullSha } from './fullSha';
import { GithubConnection } from './GithubConnection';
import { CommitOfPath, History } from './InfraRepository';
import { RecentlyUsed } from './RecentlyUsed';

// GitHub lists 3,000 files of a commit, on pages of 300.
const MAX_FILE_PAGES = 10;

// What never changes is kept; the bounds are for memory alone. Commits and files, paths, commits, commits.
const ROOM_FOR_COMPARISONS = 20_000;
const ROOM_FOR_PATHS = 100_000;
const ROOM_FOR_COMMITS = 10_000;
const ROOM_FOR_PARENTS = 10_000;

export function createHistory(connection: GithubConnection): History {
  const comparisons = new RecentlyUsed<Comparison>({
    room: ROOM_FOR_COMPARISONS,
    sizeOf: ({ commits, files }) => 1 + commits.length + (files?.length ?? 0),
  });
  const pathsOfCommits = new RecentlyUsed<string[]>({
    room: ROOM_FOR_PATHS,
    sizeOf: paths => 1 + paths.length,
  });
  const parentsOfCommits = new RecentlyUsed<string[]>({
    room: ROOM_FOR_PARENTS,
  });
  const commitsOfPaths = new RecentlyUsed<{
    commits: CommitOfPath[];
    complete: boolean;
  }>({ room: ROOM_FOR_COMMITS, sizeOf: ({ commits }) => 1 + commits.length });

  const compare = (base: string, head: string) =>
    connection.call(`compare ${base} and ${head}`, (octokit, params) =>
      compareCommits(octokit, params, base, head),
    );

  return {
    async compare(base, head) {
      return isFullSha(base) && isFullSha(head)
        ? comparisons.get(`${base}...${head}`, () => compare(base, head))
        : compare(base, head);
    },

    async parentsOf(sha) {
      return parentsOfCommits.get(sha, () =>
        connection.call(`read the commit ${sha}`, async (octokit, params) => {
          const { data } = await octokit.rest.git.getCommit({
            ...params,
            commit_sha: sha,
          });
          return data.parents.map(parent => parent.sha);
        }),
      );
    },

    async commitPaths(sha) {
      return pathsOfCommits.get(sha, () =>
        connection.call(`read the commit ${sha}`, async (octokit, params) => {
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
    },

    async commitsOf(path, head, limit) {
      return commitsOfPaths.get(`${head} ${limit} ${path}`, () =>
        connection.call(
          `list the commits of ${path}`,
          async (octokit, params) => {
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
          },
        ),
      );
    },
  };
}
