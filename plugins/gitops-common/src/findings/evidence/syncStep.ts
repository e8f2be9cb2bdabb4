import type { ApplicationStatus } from '../../argocd/ApplicationStatus';
import type { EnvironmentFacts } from '../EnvironmentFacts';
import { isNotCompared } from './comparison';
import { sourceOverrides } from './sourceOverrides';

/** Where Argo CD is with what Git says, once it is merged. */
export type SyncStep =
  /** Commits that matter are not compared yet. */
  | 'not-seen'
  /** Another commit than the head was compared, and how they stand to each other is not known. */
  | 'unknown-distance'
  | 'syncing'
  /** The commit that was compared could not be applied. */
  | 'sync-failed'
  /** What is different is compared, and no sync of it has begun. */
  | 'not-synced'
  | 'synced';

/**
 * Where Argo CD is with what Git says. Undefined where nothing waits for it or nothing can be told, as where it does not
 * compare, deploys something else than Git says, or is ahead of what was read of Git.
 */
export function syncStep(facts: EnvironmentFacts): SyncStep | undefined {
  const { status, behind, commitsAhead, repository } = facts;
  if (!status || isNotCompared(facts) || sourceOverrides(facts).length > 0) {
    return undefined;
  }
  if (behind?.commitsBehind) {
    return 'not-seen';
  }
  if (commitsAhead) {
    return undefined;
  }
  const { sync, operation } = status;
  if (
    behind?.commitsBehind === undefined &&
    sync.revision !== repository.head
  ) {
    return 'unknown-distance';
  }
  if (sync.status === 'Synced') {
    return 'synced';
  }
  if (operation?.phase === 'Running' || operation?.phase === 'Terminating') {
    return 'syncing';
  }
  if (sync.status !== 'OutOfSync') {
    return undefined;
  }
  return hasFailed(status) && !isOfOlder(status) ? 'sync-failed' : 'not-synced';
}

/** Whether the last operation failed. */
export function hasFailed({ operation }: ApplicationStatus): boolean {
  return operation?.phase === 'Failed' || operation?.phase === 'Error';
}

/** Whether the last operation was about another commit than the one that was compared since. */
export function isOfOlder({ operation, sync }: ApplicationStatus): boolean {
  return (
    operation?.revision !== undefined &&
    sync.revision !== undefined &&
    operation.revision !== sync.revision
  );
}
