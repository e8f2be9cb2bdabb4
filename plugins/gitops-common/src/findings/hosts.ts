import { list, record, text } from '../argocd/json';
import { yamlDocuments } from '../tree/yamlDocuments';
import type { DesiredHosts } from './EnvironmentFacts';

const KINDS_WITH_HOSTS =
  /\bkind["']?: *["']?(?:Ingress|HTTPRoute|GRPCRoute|TLSRoute|Route)\b/;

/**
 * The hosts of manifests as Kustomize writes them. What can have none is not even parsed: it can be large.
 *
 * @param output - what `kustomize build` prints
 * @public
 */
export function hostsOfOutput(output: string): DesiredHosts {
  const manifests: unknown[] = [];
  // What is inside of a manifest is indented.
  for (const manifest of output.split(/^---(?: .*)?$/m)) {
    if (KINDS_WITH_HOSTS.test(manifest)) {
      const [first] = yamlDocuments(manifest);
      if (!first || first.problem || !('document' in first)) {
        return {
          unknown: `What was rendered cannot be read: ${first?.problem?.message}.`,
        };
      }
      manifests.push(first.document.toJS({ maxAliasCount: -1 }));
    }
  }
  return { known: hostsOfManifests(manifests) };
}

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
