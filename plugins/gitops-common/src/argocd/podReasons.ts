import type { ResourceTrouble } from './ApplicationStatus';

// The kubelet's reasons for an image that it cannot get; Argo CD writes `Init:` before those of init containers.
const PULL_REASON =
  /^(Init:)?(ImagePullBackOff|ErrImagePull|ErrImageNeverPull|InvalidImageName|ImageInspectError|RegistryUnavailable)$/;

// What does not get better by waiting, unlike `Pending` or `ContainerCreating`.
const FAILING_REASON =
  /^(Init:)?(CrashLoopBackOff|OOMKilled|Error|ContainerCannotRun|CreateContainerConfigError|CreateContainerError|RunContainerError|StartError|Evicted|ExitCode:\d+|Signal:\d+)$/;

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
