import { blockingFindings } from '../blocking';
import type { PromotionGate } from './PromotionGate';

/**
 * No finding of severity `error`. When a promotion is opened it names their codes and no more: the findings themselves stand
 * in the plan. At the merge nothing else says them. A version that the registry lacks is counted by its own gate.
 *
 * @public
 */
export const noBlockingFindingGate: PromotionGate = {
  id: 'no-blocking-finding',
  title: 'No finding blocks',
  atMerge: true,
  check({ step, findings }) {
    const blocking = blockingFindings(findings);
    if (blocking.length === 0) {
      return { state: 'passed', message: 'The overlays are sound.' };
    }
    const codes = new Set(blocking.map(({ code }) => code));
    return {
      state: 'failed',
      message:
        step === 'open'
          ? `${[...codes].join(', ')}: see below what to do.`
          : blocking
              .map(({ code, what, fix }) => `${code}: ${what} ${fix}`)
              .join(' '),
    };
  },
};
