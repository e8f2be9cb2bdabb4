import { list, record, text } from '../argocd/json';
import { yamlDocuments } from '../tree/yamlDocuments';
import type { DesiredHosts } from './EnvironmentFacts';

// What is inside of a manifest, as a text in a ConfigMap, is indented.
const KIND_WITH_HOSTS =
  /^["']?kind["']?: *["']?(?:Ingress|HTTPRoute|GRPCRoute|TLSRoute|Route)\b/m;

const LINK_PREFIX = 'link.argocd.argoproj.io/';
const IGNORE_LINKS = 'argocd.argoproj.io/ignore-default-links';

/**
 * The hosts of manifests as Kustomize writes them. What can have none is not even parsed: it can be large.
 *
 * @param output - what `kustomize build` prints
 * @public
 */
export function hostsOfOutput(output: string): DesiredHosts {
  const manifests: unknown[] = [];
  for (const manifest of output.split(/^---(?: .*)?$/m)) {
    const hasHosts = KIND_WITH_HOSTS.test(manifest);
    if (hasHosts || manifest.includes(LINK_PREFIX)) {
      const [first] = yamlDocuments(manifest);
      if (first && !first.problem && 'document' in first) {
        manifests.push(first.document.toJS({ maxAliasCount: -1 }));
      } else if (hasHosts) {
        return {
          unknown: `What was rendered cannot be read: ${first?.problem?.message}.`,
        };
      }
    }
  }
  const known = hostsOfManifests(manifests);
  const reported = unique(manifests.flatMap(reportedHosts));
  const notReported = known.filter(host => !reported.includes(host));
  const links = unique(manifests.flatMap(linkedHosts));
  return {
    known,
    ...(notReported.length > 0 && { notReported }),
    ...(links.length > 0 && { links }),
  };
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
  return unique(hosts);
}

// Argo CD reports the addresses of Ingresses only, by the paths of their rules.
function reportedHosts(manifest: unknown): (string | undefined)[] {
  const { kind, spec } = record(manifest);
  return kind === 'Ingress' && annotationsOf(manifest)[IGNORE_LINKS] !== 'true'
    ? list(record(spec).rules)
        .map(record)
        .filter(({ http }) => list(record(http).paths).length > 0)
        .map(({ host }) => text(host))
    : [];
}

// A link that any resource can carry; Argo CD reports it as an address like any other.
function linkedHosts(manifest: unknown): string[] {
  return Object.entries(annotationsOf(manifest)).flatMap(([name, value]) => {
    const link = name.startsWith(LINK_PREFIX) ? text(value) : undefined;
    // One can have a title, `title|address`.
    const address = link?.slice(link.indexOf('|') + 1) ?? '';
    return URL.canParse(address) ? [new URL(address).hostname] : [];
  });
}

function annotationsOf(manifest: unknown): Record<string, unknown> {
  return record(record(record(manifest).metadata).annotations);
}

function unique(hosts: (string | undefined)[]): string[] {
  return [
    ...new Set(
      hosts
        .filter((host): host is string => host !== undefined)
        .map(host => host.toLowerCase()),
    ),
  ];
}
