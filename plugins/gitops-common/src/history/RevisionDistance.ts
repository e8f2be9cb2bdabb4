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
