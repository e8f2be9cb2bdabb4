import { PodObject } from './pods';
import { badRequest, Refusal } from './status';

/**
 * What a container has written, or why nobody can tell: in the words of pkg/registry/core/pod/strategy.go and, of the node,
 * pkg/kubelet/kubelet_pods.go.
 */
export function podLog(
  { metadata, status }: PodObject,
  { container, previous }: { container?: string; previous: boolean },
): string | Refusal {
  const { containerStatuses } = status;
  const pod = metadata.name;
  const found = container
    ? containerStatuses.find(({ name }) => name === container)
    : containerStatuses[0];
  if (!found) {
    return badRequest(`container ${container} is not valid for pod ${pod}`);
  }
  const { name, image, state } = found;
  if (previous) {
    return badRequest(
      `previous terminated container "${name}" in pod "${pod}" not found`,
    );
  }
  if ('waiting' in state) {
    const why =
      state.waiting.reason === 'ImagePullBackOff'
        ? 'trying and failing to pull image'
        : state.waiting.reason;
    return badRequest(
      `container "${name}" in pod "${pod}" is waiting to start: ${why}`,
    );
  }
  return `The sandbox runs no containers; ${image} would write here.\n`;
}
