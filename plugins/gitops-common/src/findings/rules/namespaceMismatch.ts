import type { FindingRule } from '../FindingRule';
import { namespaceLocation } from '../evidence/namespaces';

/** The overlay and the Application name different namespaces; the overlay's wins. */
export const namespaceMismatch: FindingRule = {
  code: 'namespace-mismatch',
  check(facts) {
    const { declared, overlay } = facts;
    const set = overlay.namespace?.name;
    const destination = declared.destinationNamespace;
    return set && destination && set !== destination
      ? [
          {
            severity: 'warning',
            what: `The overlay deploys into ${set}, the Application ${declared.name} into ${destination}.`,
            why: `The overlay's namespace wins: the resources go to ${set}, while Argo CD creates and shows ${destination}.`,
            fix: `Write the namespace that is meant into both, ${overlay.path} and ${declared.location.path}.`,
            evidence: `namespace: ${set}; spec.destination.namespace: ${destination}`,
            where: namespaceLocation(facts),
          },
        ]
      : [];
  },
};
