import { Octokit } from '@octokit/rest';
import { Comparison, toChangedFile, toCommitSummary } from './comparison';

// What GitHub lists of a comparison at most.
const MAX_COMPARED_FILES = 300;
const COMMITS_A_PAGE = 100;

/** Asks how `head` stands to `base`, with what lies between them: one call, three where there are more than 250 commits. */
export async function compareCommits(
  octokit: Octokit,
  repository: { owner: string; repo: string },
  base: string,
  head: string,
): Promise<Comparison> {
  const basehead = `${base}...${head}`;
  // Without a page the first 250 commits come at once.
  const { data } = await octokit.rest.repos.compareCommitsWithBasehead({
    ...repository,
    basehead,
  });
  let { commits } = data;
  const complete = commits.length >= data.total_commits;
  if (!complete) {
    const lastPage = Math.ceil(data.total_commits / COMMITS_A_PAGE);
    const pages = await Promise.all(
      [lastPage - 1, lastPage].map(page =>
        octokit.rest.repos.compareCommitsWithBasehead({
          ...repository,
          basehead,
          per_page: COMMITS_A_PAGE,
          page,
        }),
      ),
    );
    commits = pages.flatMap(page => page.data.commits);
  }
  const files = data.files ?? [];
  return {
    aheadBy: data.ahead_by,
    behindBy: data.behind_by,
    commits: commits.map(toCommitSummary).reverse(),
    complete,
    files:
      files.length < MAX_COMPARED_FILES ? files.map(toChangedFile) : undefined,
  };
}
