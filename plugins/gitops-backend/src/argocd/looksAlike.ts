import {
  ApplicationStatus,
  comparedSinceOperation,
} from '@gitops-infra/backstage-plugin-gitops-common';

/**
 * Whether two states of an Application look alike to a person; Argo CD repeats itself with a newer time of comparison. Of
 * that only counts whether it is since the last operation ended: whoever waits for that would not hear of it otherwise.
 * Both are as the parser makes them, or as JSON kept that: their fields have one order, and undefined ones do not count.
 */
export function looksAlike(
  one: ApplicationStatus | undefined,
  other: ApplicationStatus | undefined,
): boolean {
  return seen(one) === seen(other);
}

function seen(status: ApplicationStatus | undefined): string | undefined {
  return (
    status &&
    JSON.stringify({ ...status, reconciledAt: comparedSinceOperation(status) })
  );
}
