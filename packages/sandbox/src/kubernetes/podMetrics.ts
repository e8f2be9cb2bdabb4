import { Pod } from '../argocd/LiveResources';
import { podLabelsOf } from '../argocd/resources';
import { timestamp } from '../argocd/timestamp';
import { KubernetesObject } from './KubernetesObject';

const WINDOW = '15s';

interface PodMetrics extends KubernetesObject {
  timestamp: string;
  window: string;
  containers: { name: string; usage: Record<string, string> }[];
}

/** What the metrics server measured of a pod: nothing, since nothing runs here, as the resource tree says too. */
export function podMetrics(
  { name, template }: Pod,
  namespace: string | undefined,
  now: Date,
): PodMetrics {
  const measuredAt = timestamp(now);
  return {
    apiVersion: 'metrics.k8s.io/v1beta1',
    kind: 'PodMetrics',
    metadata: {
      name,
      namespace,
      creationTimestamp: measuredAt,
      labels: podLabelsOf(template),
    },
    timestamp: measuredAt,
    window: WINDOW,
    containers: (template.spec.containers ?? []).map(container => ({
      name: container.name,
      usage: { cpu: '0', memory: '0' },
    })),
  };
}
