import type {
  ClusterObjects,
  ObjectsByEntityResponse,
} from '@backstage/plugin-kubernetes-common';

interface Named {
  metadata?: { namespace?: string };
}

/**
 * What the Kubernetes plugin found of an entity, for one namespace alone. Its backend knows the entity's annotations as the
 * catalog has them and takes no other, so that it finds the resources of all environments.
 *
 * @param options.cluster - what the environment's cluster is called; of no effect where no cluster is called so
 */
export function inNamespace(
  { items }: ObjectsByEntityResponse,
  options: { namespace: string; cluster?: string },
): ObjectsByEntityResponse {
  const { namespace, cluster } = options;
  const isThere = ({ metadata }: Named) => metadata?.namespace === namespace;
  const ofName = items.filter(item => item.cluster.name === cluster);
  return {
    items: (ofName.length > 0 ? ofName : items)
      .map(item => ({
        ...item,
        resources: item.resources.map(response => ({
          ...response,
          resources: (response.resources as Named[]).filter(isThere),
        })) as ClusterObjects['resources'],
        podMetrics: item.podMetrics.filter(({ pod }) => isThere(pod)),
      }))
      .filter(
        ({ resources, errors }) =>
          errors.length > 0 || resources.some(({ resources: of }) => of.length),
      ),
  };
}
