import type { FindingRule } from '../FindingRule';
import { manifestLocation } from '../evidence/location';
import { syncStep } from '../evidence/syncStep';
import { waitingPins } from '../evidence/waitingPins';

/** Git says that Argo CD syncs by itself, and in the cluster that is switched off. */
export const autoSyncDisabled: FindingRule = {
  code: 'auto-sync-disabled',
  check(facts) {
    const { declared, status } = facts;
    if (!status || status.automated || !declared.automated) {
      return [];
    }
    // Where a version waits for it already, not-deployed says it.
    const said =
      syncStep(facts) === 'not-synced' && waitingPins(facts).length > 0;
    return said
      ? []
      : [
          {
            severity: 'warning',
            what: `The next change of ${declared.environment} will not be deployed by itself.`,
            why: `${declared.location.path} says spec.syncPolicy.automated; the Application ${declared.name} in the cluster does not.`,
            fix: `If it was not switched off on purpose: \`argocd app set ${declared.name} --sync-policy automated\`.`,
            where: manifestLocation(facts, 'automated'),
          },
        ];
  },
};
