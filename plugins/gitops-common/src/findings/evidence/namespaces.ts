import type { SourceLocation } from '../../api/types';
import type { Position } from '../../tree/kustomization';
import type { EnvironmentFacts } from '../EnvironmentFacts';
import { fileLocation, manifestLocation, overlayLocation } from './location';

/** What the namespace of an environment is found by. */
type NamespaceFacts = Pick<EnvironmentFacts, 'declared' | 'overlay' | 'bases'>;

/** The namespace that an environment's resources end up in, and what says so. */
export type PlacedIn = { name: string } & (
  | { by: 'application' | 'overlay' | 'destination' }
  | { by: 'base'; path: string; position: Position }
);

// What an Application adds to the overlay, and can set a namespace.
const ADDS_MANIFESTS = /^(kustomize\.components|helm|plugin)$/;

/**
 * The namespace that an environment's resources end up in: the one that its Application has Kustomize set, else the one
 * of its overlay, else the one of what that is built on, and else the destination of the Application. Undefined where
 * something that is not read can set another one.
 */
export function placedIn({
  declared,
  overlay,
  bases,
}: NamespaceFacts): PlacedIn | undefined {
  const readings = [overlay, ...(bases?.bases ?? [])];
  // They run last.
  if (readings.some(({ hasTransformers }) => hasTransformers)) {
    return undefined;
  }
  if (declared.kustomize?.namespace) {
    return { name: declared.kustomize.namespace, by: 'application' };
  }
  if (overlay.namespace) {
    return { name: overlay.namespace.name, by: 'overlay' };
  }
  const isWhole =
    bases?.isSelfContained &&
    readings.every(({ problem }) => problem === undefined) &&
    !declared.renderedWith?.some(field => ADDS_MANIFESTS.test(field));
  const ofBases = (bases?.bases ?? []).flatMap(({ path, namespace }) =>
    namespace ? [{ ...namespace, by: 'base' as const, path }] : [],
  );
  const names = new Set(ofBases.map(({ name }) => name));
  // Of several it depends on the manifest.
  if (!isWhole || names.size > 1) {
    return undefined;
  }
  const [base] = ofBases;
  const destination = declared.destinationNamespace;
  return (
    base ?? (destination ? { name: destination, by: 'destination' } : base)
  );
}

/** The name of the namespace that an environment's resources end up in; undefined where it is not known. */
export function namespaceOf(facts: NamespaceFacts): string | undefined {
  return placedIn(facts)?.name;
}

/** Where the namespace is said. */
export function namespaceLocation(
  facts: EnvironmentFacts,
  placed: PlacedIn,
): SourceLocation {
  switch (placed.by) {
    case 'application':
      return manifestLocation(facts, 'kustomizeNamespace');
    case 'overlay':
      return overlayLocation(facts, facts.overlay.namespace?.position);
    case 'base':
      return fileLocation(facts, placed.path, placed.position);
    default:
      return manifestLocation(facts, 'destinationNamespace');
  }
}

/** Whether what two environments deploy has names of its own, as Kustomize makes them. */
export function namesDiffer(a: NamespaceFacts, b: NamespaceFacts): boolean {
  return affixesOf(a) !== affixesOf(b);
}

function affixesOf({ declared, overlay, bases }: NamespaceFacts): string {
  const { namePrefix, nameSuffix } = declared.kustomize ?? {};
  return JSON.stringify([
    namePrefix ?? overlay.affixes?.prefix,
    nameSuffix ?? overlay.affixes?.suffix,
    ...(bases?.bases ?? []).flatMap(({ affixes }) =>
      affixes ? [affixes.prefix, affixes.suffix] : [],
    ),
  ]);
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
