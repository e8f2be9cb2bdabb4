import type { CommitRef } from '../api/types';

/** A commit between two revisions, with what it changes of the followed folders. @public */
export interface HistoryCommit extends CommitRef {
  paths: string[];
}

/** How one revision stands to a later one. @public */
export interface RevisionDistance {
  /** Commits that the later one has and the earlier one has not. */
  aheadBy: number;
  /** Commits that the earlier one has and the later one has not, as after a force push. */
  behindBy: number;
  /** What the later one has more, newest first, without merges: their content is in the commits that they bring. */
  commits: HistoryCommit[];
  /** True where there are more commits than were looked at. */
  truncated: boolean;
}

/** Who is further behind than so many commits knows enough when told so. @public */
export const MAX_DISTANCE_COMMITS = 50;

/**
 * How a revision stands to a head that moved on: what it was behind before, and what came since.
 *
 * @param known - to the earlier head
 * @param since - from the earlier head to the later one, which has all of the earlier one
 * @public
 */
export function extendDistance(
  known: RevisionDistance,
  since: RevisionDistance,
): RevisionDistance {
  const commits = [...since.commits, ...known.commits];
  return {
    aheadBy: known.aheadBy + since.aheadBy,
    behindBy: known.behindBy,
    commits: commits.slice(0, MAX_DISTANCE_COMMITS),
    truncated:
      known.truncated ||
      since.truncated ||
      commits.length > MAX_DISTANCE_COMMITS,
  };
}
