import { PullRequestStatus } from '@gitops-infra/backstage-plugin-gitops-common';

type Checks = NonNullable<PullRequestStatus['checks']>;

/** A check run or a commit status, as GitHub's API has it. */
export interface CheckData {
  /** Of a check run. */
  status?: string;
  conclusion?: string | null;
  /** Of a commit status. */
  state?: string;
}

/** A review as GitHub's API has it. */
export interface ReviewData {
  state: string;
  user: { login: string } | null;
}

const PASSED = ['success', 'neutral', 'skipped'];

/** Counts check runs and commit statuses by what they say. */
export function countChecks(checks: CheckData[]): Checks {
  const counts: Checks = { passed: 0, failing: 0, pending: 0 };
  for (const { status, conclusion, state } of checks) {
    const outcome = state ?? (status === 'completed' ? conclusion : undefined);
    if (!outcome || outcome === 'pending') {
      counts.pending += 1;
    } else if (PASSED.includes(outcome)) {
      counts.passed += 1;
    } else {
      counts.failing += 1;
    }
  }
  return counts;
}

/** Counts what each reviewer said last; a comment takes nothing back, a dismissal does. */
export function countReviews(
  reviews: ReviewData[],
): NonNullable<PullRequestStatus['reviews']> {
  const last = new Map<string, string>();
  for (const { user, state } of reviews) {
    if (['APPROVED', 'CHANGES_REQUESTED', 'DISMISSED'].includes(state)) {
      last.set(user?.login ?? '', state);
    }
  }
  const said = [...last.values()];
  return {
    approved: said.filter(state => state === 'APPROVED').length,
    changesRequested: said.filter(state => state === 'CHANGES_REQUESTED')
      .length,
  };
}

/** GitHub's `mergeable_state`; `unknown` while it has not worked it out. */
export function toMergeability(
  state: string | undefined,
): PullRequestStatus['mergeability'] {
  switch (state) {
    case 'clean':
    case 'has_hooks':
      return 'clean';
    case 'blocked':
    case 'behind':
    case 'dirty':
    case 'draft':
    case 'unstable':
      return state;
    default:
      return 'unknown';
  }
}
