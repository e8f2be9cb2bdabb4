import { list, record, text, texts } from './json';
import { imagesOf, runs, workloadsOf } from './podTroubles';

/**
 * What the pods of an Application run, told apart where Argo CD's summary lists everything together: the pods of a Job stay
 * when it is finished, and a CronJob has none between its runs.
 *
 * @public
 */
export interface PodImages {
  /** Images of pods that run, or are about to. */
  running: string[];
  /** Images of pods that have ended. */
  ended: string[];
  /** Nothing but CronJobs makes pods. */
  onlyCronJobs: boolean;
}

// Kinds that make no pods. Of a kind that is not here it is not known.
const WITHOUT_PODS = new Set([
  'ClusterRole',
  'ClusterRoleBinding',
  'ConfigMap',
  'Endpoints',
  'EndpointSlice',
  'HTTPRoute',
  'Ingress',
  'LimitRange',
  'Namespace',
  'NetworkPolicy',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'ResourceQuota',
  'Role',
  'RoleBinding',
  'Secret',
  'Service',
  'ServiceAccount',
]);

/** The same, of what Argo CD's resource tree says. @public */
export function podImagesOfTree(tree: unknown): PodImages {
  const nodes = list(record(tree).nodes).map(record);
  const pods = nodes.filter(({ kind }) => kind === 'Pod');
  return podImages(
    pods.map(pod => ({ images: texts(pod.images), hasEnded: hasEnded(pod) })),
    nodes
      .filter(
        ({ kind, parentRefs }) =>
          !isMadeBy(kind === 'Pod' ? 'Job' : 'CronJob', parentRefs),
      )
      .map(({ kind }) => text(kind) ?? ''),
  );
}

/**
 * The same, of an Application and the pods of its namespaces as Kubernetes has them. Pods that are not known to be its own
 * may be, through a resource of another kind: if they run what Argo CD sums up, they count.
 *
 * @public
 */
export function podImagesOfPods(
  application: unknown,
  pods: unknown[],
): PodImages {
  const workloads = workloadsOf(application);
  const { resources, summary } = record(record(application).status);
  const summedUp = texts(record(summary).images);
  return podImages(
    pods.map(record).flatMap(pod => {
      const phase = text(record(pod.status).phase) ?? '';
      const found = {
        images: imagesOf(pod),
        hasEnded: /^(Succeeded|Failed)$/.test(phase),
      };
      if (workloads.some(workload => runs(workload, pod))) {
        return [found];
      }
      const images = found.images.filter(image => summedUp.includes(image));
      return found.hasEnded ? [] : [{ ...found, images }];
    }),
    list(resources).map(resource => text(record(resource).kind) ?? ''),
  );
}

function podImages(
  pods: { images: string[]; hasEnded: boolean }[],
  kinds: string[],
): PodImages {
  const imagesOfPods = (ended: boolean) => [
    ...new Set(
      pods
        .filter(({ hasEnded: has }) => has === ended)
        .flatMap(({ images }) => images),
    ),
  ];
  return {
    running: imagesOfPods(false),
    ended: imagesOfPods(true),
    onlyCronJobs:
      kinds.includes('CronJob') &&
      kinds.every(kind => kind === 'CronJob' || WITHOUT_PODS.has(kind)),
  };
}

// The tree has no phase. Pods of a Job are Healthy when they have succeeded, and Degraded when they have failed; before that
// they are neither.
function hasEnded({ health, info, parentRefs }: Record<string, unknown>) {
  const { status } = record(health);
  if (isMadeBy('Job', parentRefs)) {
    return status === 'Healthy' || status === 'Degraded';
  }
  const reason = list(info)
    .map(record)
    .find(({ name }) => name === 'Status Reason')?.value;
  return status === 'Healthy' && reason === 'Completed';
}

function isMadeBy(kind: string, parentRefs: unknown): boolean {
  return list(parentRefs).some(parent => record(parent).kind === kind);
}
