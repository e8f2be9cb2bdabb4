import type { PromotionState } from '../api/types';

/** What can happen to a promotion. @public */
export type PromotionEvent =
  | 'opened'
  | 'refused'
  | 'merged'
  | 'closed'
  | 'arrived'
  | 'replaced';

/**
 * The life of a promotion: state, event → state. What is not here cannot happen; a repeated or late event
 * changes nothing, so webhooks and reconciles may come twice and in any order.
 *
 * @public
 */
export const PROMOTION_STATES: Record<
  PromotionState,
  Partial<Record<PromotionEvent, PromotionState>>
> = {
  requested: { opened: 'open', refused: 'closed', closed: 'closed' },
  open: { merged: 'merged', closed: 'closed' },
  merged: { arrived: 'deployed', replaced: 'superseded' },
  deployed: {},
  closed: {},
  superseded: {},
};

/** The state after an event; the same state when the event does not apply. @public */
export function nextPromotionState(
  state: PromotionState,
  event: PromotionEvent,
): PromotionState {
  return PROMOTION_STATES[state][event] ?? state;
}

/** States in which a promotion holds its target: a second one for it is the same one. @public */
export const OPEN_PROMOTION_STATES: PromotionState[] = ['requested', 'open'];

/** States of a promotion that something is still expected of. @public */
export const UNDER_WAY_PROMOTION_STATES: PromotionState[] = [
  ...OPEN_PROMOTION_STATES,
  'merged',
];
