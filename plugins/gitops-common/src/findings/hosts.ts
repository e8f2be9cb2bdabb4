import { list, record, text } from '../argocd/json';

/**
 * The hosts that rendered manifests want to be reached at: of Ingresses, of the HTTPRoutes, GRPCRoutes and TLSRoutes of
 * the Gateway API, and of OpenShift's Routes.
 *
 * @param manifests - as objects; what is none of these kinds is passed over
 * @public
 */
export function hostsOfManifests(manifests: readonly unknown[]): string[] {
  const hosts = manifests.flatMap(manifest => {
    const { kind, spec } = record(manifest);
    switch (kind) {
      case 'Ingress':
        return list(record(spec).rules).map(rule => text(record(rule).host));
      case 'HTTPRoute':
      case 'GRPCRoute':
      case 'TLSRoute':
        return list(record(spec).hostnames).map(text);
      case 'Route':
        return [text(record(spec).host)];
      default:
        return [];
    }
  });
  return [
    ...new Set(
      hosts
        .filter((host): host is string => host !== undefined)
        .map(host => host.toLowerCase()),
    ),
  ];
}
