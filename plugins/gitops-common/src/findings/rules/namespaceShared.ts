import type { FindingRule } from '../FindingRule';
import {
  clusterOf,
  namespaceLocation,
  namespaceOf,
} from '../evidence/namespaces';

/**
 * Contract: every environment has a namespace of its own. Said once for two of them, at the one that versions reach
 * later.
 */
export const namespaceShared: FindingRule = {
  code: 'namespace-shared',
  check(facts) {
    const { declared, others = [], overlay } = facts;
    const namespace = namespaceOf(facts);
    const sharing = others.filter(
      other =>
        other.declared.order < declared.order &&
        namespaceOf(other) === namespace &&
        clusterOf(other) === clusterOf(facts),
    );
    if (namespace === undefined || sharing.length === 0) {
      return [];
    }
    const names = sharing.map(other => other.declared.environment).join(', ');
    return [
      {
        severity: 'error',
        what: `${declared.environment} is deployed into the namespace of ${names}, ${namespace}: they overwrite each other.`,
        why: overlay.namespace
          ? `The overlay sets the namespace ${namespace}.`
          : `The overlay sets no namespace, and the destination of ${declared.name} is ${namespace}.`,
        fix: overlay.namespace
          ? `Give ${overlay.path} a namespace of its own, and the destination of ${declared.name} the same.`
          : `Give ${declared.location.path} a destination namespace of its own, and the overlay the same.`,
        where: namespaceLocation(facts),
      },
    ];
  },
};
