import type { EnvironmentFacts } from '../EnvironmentFacts';
import type { FindingRule } from '../FindingRule';
import {
  clusterOf,
  namesDiffer,
  namespaceLocation,
  namespaceOf,
  PlacedIn,
  placedIn,
} from '../evidence/namespaces';

/**
 * Contract: every environment has a namespace of its own. Said once for two of them, at the one that versions reach
 * later.
 */
export const namespaceShared: FindingRule = {
  code: 'namespace-shared',
  check(facts) {
    const { declared, others = [] } = facts;
    const placed = placedIn(facts);
    const sharing = others.filter(
      other =>
        other.declared.order < declared.order &&
        namespaceOf(other) === placed?.name &&
        clusterOf(other) === clusterOf(facts),
    );
    if (placed === undefined || sharing.length === 0) {
      return [];
    }
    const overwriting = sharing.filter(other => !namesDiffer(facts, other));
    const named = overwriting.length > 0 ? overwriting : sharing;
    const names = named.map(other => other.declared.environment).join(', ');
    const effect =
      overwriting.length > 0
        ? ': they overwrite each other'
        : ', with names of its own';
    return [
      {
        severity: overwriting.length > 0 ? 'error' : 'warning',
        what: `${declared.environment} is deployed into the namespace of ${names}, ${placed.name}${effect}.`,
        ...mendOf(facts, placed),
        where: namespaceLocation(facts, placed),
      },
    ];
  },
};

function mendOf(
  { declared, overlay }: EnvironmentFacts,
  placed: PlacedIn,
): { why: string; fix: string } {
  switch (placed.by) {
    case 'application':
      return {
        why: `kustomize.namespace of the Application ${declared.name} is ${placed.name}.`,
        fix: `Give ${declared.location.path} a kustomize.namespace of its own, and a destination namespace that is the same.`,
      };
    case 'overlay':
      return {
        why: `The overlay sets the namespace ${placed.name}.`,
        fix: `Give ${overlay.path} a namespace of its own, and the destination of ${declared.name} the same.`,
      };
    case 'base':
      return {
        why: `The overlay sets no namespace, and ${placed.path} sets ${placed.name}.`,
        fix: `Give ${overlay.path} a namespace of its own, and the destination of ${declared.name} the same.`,
      };
    default:
      return {
        why: `The overlay sets no namespace, and the destination of ${declared.name} is ${placed.name}.`,
        fix: `Give ${declared.location.path} a destination namespace of its own, and the overlay the same.`,
      };
  }
}
