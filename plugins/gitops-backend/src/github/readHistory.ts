import { CommitSummary, Distance, pathsOf } from './comparison';
import { isInFollowedFolder } from './followed';
import { GithubRepository } from './GithubRepository';
import { inParallel } from './inParallel';

const PARALLEL_READS = 4;

// Looking at a commit is a call. Who is further behind than that knows enough when told so.
const MAX_COMMITS = 50;

/** A commit with the files of the followed folders that it changes. */
export interface HistoryCommit extends CommitSummary {
  paths: string[];
}

/** What lies between a revision and the head. */
export interface RevisionDistance extends Distance {
  /** The commits ahead, newest first, without merges: what those bring is in the others. */
  commits: HistoryCommit[];
  /** Whether there are older commits that were not looked at, so that what is counted is the least there is. */
  truncated: boolean;
}

/**
 * What lies between two commits. A single change, merged or not, costs the comparison alone, several cost a call each;
 * both are asked for once.
 *
 * @throws NotFoundError where one of the commits is unknown.
 */
export async function readHistory(
  repository: Pick<GithubRepository, 'compare' | 'commitPaths'>,
  base: string,
  head: string,
): Promise<RevisionDistance> {
  const comparison = await repository.compare(base, head);
  const { aheadBy, behindBy, files, complete } = comparison;
  const changes = comparison.commits.filter(({ merge }) => !merge);
  const looked = changes.slice(0, MAX_COMMITS);
  const paths = new Map<string, string[]>();
  if (complete && changes.length === 1 && files) {
    paths.set(changes[0].sha, files.flatMap(pathsOf));
  } else {
    await inParallel(looked, PARALLEL_READS, async ({ sha }) => {
      paths.set(sha, await repository.commitPaths(sha));
    });
  }
  return {
    aheadBy,
    behindBy,
    commits: looked.map(commit => ({
      ...commit,
      paths: (paths.get(commit.sha) ?? []).filter(isInFollowedFolder),
    })),
    truncated: !complete || looked.length < changes.length,
  };
}
