import { blockingFindings } from '../blocking';
import type { PromotionGate } from './PromotionGate';

/**
 * No finding of severity `error`. It names their codes and no more: the findings themselves stand in the plan. A version
 * that the registry lacks is counted by its own gate.
 *
 * @public
 */
export const noBlockingFindingGate: PromotionGate = {
  id: 'no-blocking-finding',
  title: 'No finding blocks',
  check({ step, findings }) {
    if (step === 'merge') {
      return undefined;
    }
    const codes = new Set(blockingFindings(findings).map(({ code }) => code));
    return codes.size > 0
      ? {
          state: 'failed',
          message: `${[...codes].join(', ')}: see below what to do.`,
        }
      : { state: 'passed', message: 'The overlays are sound.' };
  },
};
