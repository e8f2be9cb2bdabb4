import type { Promotion } from '../api/types';
import type { ApplicationStatus } from '../argocd/ApplicationStatus';
import { comparedSinceOperation } from '../argocd/comparedSinceOperation';
import type { Finding } from '../findings/Finding';
import { parseImageReference, runsVersion } from '../images';
import {
  ContainsMerge,
  hasCompared,
  hasFailedToSync,
  hasSynced,
} from './arrival';
import { hindrance } from './hindrance';

/**
 * The finding that a merged promotion failed with: what hinders it, and comes of the merge. What was live or failed before
 * it is no failure of the promotion, which may well be the mend.
 *
 * @param findings - of the target, with the merge in what is desired
 * @param status - of the target's Application; absent where it is not known
 * @public
 */
export function failureOf(
  promotion: Pick<Promotion, 'state' | 'changes'>,
  findings: Finding[],
  status: ApplicationStatus | undefined,
  containsMerge: ContainsMerge,
): Finding | undefined {
  return hindrance(
    promotion,
    findings.filter(({ code }) => {
      switch (code) {
        case 'image-pull-failed':
        case 'degraded':
          return status && isLive(promotion, status, containsMerge);
        case 'not-deployed':
          return status && isLeftUndone(status, containsMerge);
        default:
          return true;
      }
    }),
  );
}

// Health of before the merge can outlast its sync; a pod of the new version cannot be from before.
function isLive(
  { changes }: Pick<Promotion, 'changes'>,
  status: ApplicationStatus,
  containsMerge: ContainsMerge,
): boolean {
  const inTrouble = status.troubles
    .flatMap(({ images }) => images)
    .map(parseImageReference);
  return (
    inTrouble.some(({ image, version }) =>
      changes.some(
        change => change.image === image && runsVersion(version, change.after),
      ),
    ) ||
    (hasSynced(status, containsMerge) &&
      comparedSinceOperation(status) !== false)
  );
}

// What was compared with the merge, and is not being synced for the first time after an operation that failed before it.
function isLeftUndone(
  status: ApplicationStatus,
  containsMerge: ContainsMerge,
): boolean {
  const phase = status.operation?.phase;
  return (
    hasCompared(status, containsMerge) &&
    ((phase !== 'Failed' && phase !== 'Error') ||
      hasFailedToSync(status, containsMerge))
  );
}
