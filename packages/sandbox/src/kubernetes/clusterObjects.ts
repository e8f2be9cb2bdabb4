import { LiveResource, replicaSetOf } from '../argocd/LiveResources';
import { isWorkload } from '../argocd/resources';
import { deploymentParts, replicaSetObject } from './deployments';
import { KubernetesObject, ObjectMeta } from './KubernetesObject';
import { ingressParts, serviceParts } from './networking';
import { podMetrics } from './podMetrics';
import { podObject } from './pods';

/**
 * Every object of the cluster: what Applications declare, and what its controllers made of that. Names and UIDs are those
 * of the resource trees.
 *
 * @param now - when it is looked at
 */
export function clusterObjects(
  resources: LiveResource[],
  now: Date,
): KubernetesObject[] {
  return resources.flatMap(resource => [
    declaredObject(resource),
    ...(isWorkload(resource.manifest) ? workloadObjects(resource, now) : []),
  ]);
}

function declaredObject(resource: LiveResource): KubernetesObject {
  const { manifest, uid, createdAt } = resource;
  const { metadata, ...parts } = partsOf(resource);
  return {
    ...manifest,
    ...parts,
    metadata: {
      ...manifest.metadata,
      uid,
      resourceVersion: '1',
      creationTimestamp: createdAt,
      ...metadata,
    },
  };
}

// What becomes of what is declared; nothing that is known here of other kinds.
function partsOf(resource: LiveResource): Pick<
  KubernetesObject,
  'spec' | 'status'
> & {
  metadata?: Partial<ObjectMeta>;
} {
  switch (resource.manifest.kind) {
    case 'Deployment':
      return deploymentParts(resource);
    case 'Service':
      return serviceParts(resource);
    case 'Ingress':
      return ingressParts();
    default:
      return {};
  }
}

function workloadObjects(
  resource: LiveResource,
  now: Date,
): KubernetesObject[] {
  const { manifest, pods, replicaSets } = resource;
  const { namespace } = manifest.metadata;
  return [
    ...replicaSets.map(set => replicaSetObject(resource, set)),
    ...pods.flatMap(pod => {
      const owner = replicaSetOf(resource, pod.template);
      return owner ? [podObject(pod, owner, namespace)] : [];
    }),
    ...pods
      .filter(({ startedAt }) => startedAt)
      .map(pod => podMetrics(pod, namespace, now)),
  ];
}
