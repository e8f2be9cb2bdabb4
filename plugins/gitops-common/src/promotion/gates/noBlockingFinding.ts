import type { Finding } from '../../findings/Finding';
import { blockingFindings, isOverridable } from '../blocking';
import type { PromotionGate } from './PromotionGate';

/**
 * No finding of severity `error`. When a promotion is opened it names their codes and no more: the findings themselves stand
 * in the plan. At the merge nothing else says them. A version that the registry lacks is counted by its own gate, which it says
 * where that stands as an error beside it.
 *
 * @public
 */
export const noBlockingFindingGate: PromotionGate = {
  id: 'no-blocking-finding',
  title: 'Overlays are sound',
  atMerge: true,
  check({ step, findings }) {
    const blocking = blockingFindings(findings);
    if (blocking.length === 0) {
      const elsewhere = findings.filter(
        finding => finding.severity === 'error' && isOverridable(finding),
      );
      return {
        state: 'passed',
        message:
          elsewhere.length > 0
            ? `No finding blocks but ${codes(
                elsewhere,
              )}, which has a gate of its own.`
            : 'No finding blocks.',
      };
    }
    return {
      state: 'failed',
      message:
        step === 'open'
          ? `${codes(blocking)}: see below what to do.`
          : blocking
              .map(({ code, what, fix }) => `${code}: ${what} ${fix}`)
              .join(' '),
    };
  },
};

function codes(findings: Finding[]): string {
  return [...new Set(findings.map(({ code }) => code))].join(', ');
}
