/** A type of resources that kube-apiserver serves. */
export interface ResourceType {
  /** Empty for the core group. */
  group: string;
  version: string;
  /** As it stands in addresses. */
  plural: string;
  kind: string;
}

/** What Backstage's Kubernetes backend can ask for without custom resources. */
const SERVED: [apiVersion: string, kinds: Record<string, string>][] = [
  [
    'v1',
    {
      configmaps: 'ConfigMap',
      limitranges: 'LimitRange',
      persistentvolumeclaims: 'PersistentVolumeClaim',
      persistentvolumes: 'PersistentVolume',
      pods: 'Pod',
      resourcequotas: 'ResourceQuota',
      secrets: 'Secret',
      services: 'Service',
    },
  ],
  [
    'apps/v1',
    {
      daemonsets: 'DaemonSet',
      deployments: 'Deployment',
      replicasets: 'ReplicaSet',
      statefulsets: 'StatefulSet',
    },
  ],
  ['autoscaling/v2', { horizontalpodautoscalers: 'HorizontalPodAutoscaler' }],
  ['batch/v1', { cronjobs: 'CronJob', jobs: 'Job' }],
  ['metrics.k8s.io/v1beta1', { pods: 'PodMetrics' }],
  ['networking.k8s.io/v1', { ingresses: 'Ingress' }],
];

export const RESOURCE_TYPES: ResourceType[] = SERVED.flatMap(
  ([apiVersion, kinds]) => {
    const [version, group = ''] = apiVersion.split('/').reverse();
    return Object.entries(kinds).map(([plural, kind]) => ({
      group,
      version,
      plural,
      kind,
    }));
  },
);

export function apiVersionOf({ group, version }: ResourceType): string {
  return group ? `${group}/${version}` : version;
}
