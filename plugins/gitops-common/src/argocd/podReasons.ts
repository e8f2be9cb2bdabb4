import type { ResourceTrouble } from './ApplicationStatus';

// The kubelet's reasons for an image that it cannot get; Argo CD writes `Init:` before those of init containers.
const PULL_REASON =
  /^(Init:)?(ImagePullBackOff|ErrImagePull|ErrImageNeverPull|InvalidImageName|ImageInspectError|RegistryUnavailable)$/;

// What does not get better by waiting, unlike `Pending` or `ContainerCreating`.
const FAILING_REASON =
  /^(Init:)?(CrashLoopBackOff|OOMKilled|Error|ContainerCannotRun|CreateContainerConfigError|CreateContainerError|RunContainerError|StartError|Evicted|ExitCode:\d+|Signal:\d+)$/;

// What a container that is not started again ended with.
const ENDED_REASON =
  /^(Init:)?(OOMKilled|Error|ContainerCannotRun|StartError|Evicted|ExitCode:\d+|Signal:\d+)$/;

/** Whether a pod is in trouble because of its image. */
export function isPullTrouble({
  reason,
}: Pick<ResourceTrouble, 'reason'>): boolean {
  return PULL_REASON.test(reason);
}

/** Whether a pod fails for another reason than its image. */
export function isFailing({
  reason,
}: Pick<ResourceTrouble, 'reason'>): boolean {
  return FAILING_REASON.test(reason);
}

/**
 * Whether a pod is only left of what was: one that was evicted, which another one replaces, and one of a Job that has
 * failed, be it yesterday's.
 */
export function isLeftover({
  reason,
  owner,
}: Pick<ResourceTrouble, 'reason' | 'owner'>): boolean {
  return reason === 'Evicted' || (owner === 'Job' && ENDED_REASON.test(reason));
}
