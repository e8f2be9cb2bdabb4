import type { FindingRule } from '../FindingRule';
import { manifestLocation } from '../evidence/location';
import { notDeployed } from './notDeployed';

/** Git says that Argo CD syncs by itself, and in the cluster that is switched off. */
export const autoSyncDisabled: FindingRule = {
  code: 'auto-sync-disabled',
  check(facts) {
    const { declared, status } = facts;
    if (!status || status.automated || !declared.automated) {
      return [];
    }
    // Where something waits for it already, that says it.
    const said = notDeployed
      .check(facts)
      .some(({ severity }) => severity === 'warning');
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
