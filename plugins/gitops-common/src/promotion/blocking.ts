import type { Finding } from '../findings/Finding';
import { tagMissing } from '../findings/rules/tagMissing';

/**
 * Whether a gate answers for a finding, which those may override whom the policy names. What a registry lacks today it may
 * have by the time of the merge; what is wrong with an overlay nobody can promote.
 *
 * @public
 */
export function isOverridable({ code }: Pick<Finding, 'code'>): boolean {
  return code === tagMissing.code;
}

/** The findings that stop a promotion whatever its gates say. @public */
export function blockingFindings(findings: Finding[]): Finding[] {
  return findings.filter(
    finding => finding.severity === 'error' && !isOverridable(finding),
  );
}
