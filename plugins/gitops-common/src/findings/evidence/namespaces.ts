import type { SourceLocation } from '../../api/types';
import type { EnvironmentFacts } from '../EnvironmentFacts';
import { manifestLocation, overlayLocation } from './location';

/**
 * The namespace that an environment's resources end up in: the one that its overlay sets, and else the destination of
 * the Application.
 */
export function namespaceOf({
  declared,
  overlay,
}: Pick<EnvironmentFacts, 'declared' | 'overlay'>): string | undefined {
  return overlay.namespace?.name ?? declared.destinationNamespace;
}

/** Where the namespace is said. */
export function namespaceLocation(facts: EnvironmentFacts): SourceLocation {
  return facts.overlay.namespace
    ? overlayLocation(facts, facts.overlay.namespace.position)
    : manifestLocation(facts, 'destinationNamespace');
}

// Argo CD's own cluster has an address and a name.
const IN_CLUSTER = /^(in-cluster|https:\/\/kubernetes\.default\.svc)$/;

/** The cluster that an environment is on; two with different texts are taken for different clusters. */
export function clusterOf({
  declared,
}: Pick<EnvironmentFacts, 'declared'>): string {
  const cluster = declared.destinationCluster ?? '';
  return IN_CLUSTER.test(cluster) ? 'in-cluster' : cluster;
}
