import { createExtensionPoint } from '@backstage/backend-plugin-api';
import { FindingRule } from '@gitops-infra/backstage-plugin-gitops-common';

/** Adds kinds of findings. @public */
export interface FindingRulesExtensionPoint {
  /**
   * Adds rules; what they find is shown on the card and in the plan of a promotion, which a finding of severity `error`
   * stops. A rule is asked often and must not take long: no I/O, no clock. One that throws makes a finding that says so.
   *
   * @throws ConflictError where there is a rule of that code; InputError where it is not in lower case with dashes.
   */
  addRules(...rules: FindingRule[]): void;
}

/**
 * Where modules of the gitops backend add finding rules.
 *
 * @public
 */
export const findingRulesExtensionPoint =
  createExtensionPoint<FindingRulesExtensionPoint>({
    id: 'gitops.finding-rules',
  });
