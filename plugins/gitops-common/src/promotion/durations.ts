import type {
  Promotion,
  PromotionDurations,
  PromotionMilestone,
  PromotionPhase,
  PromotionTimelineEntry,
} from '../api/types';
import { UNDER_WAY_PROMOTION_STATES } from './states';

/** What can begin a phase, in the order in which it happens. */
const BEGINNINGS: PromotionPhase['after'][] = [
  'requested',
  'opened',
  'merged',
  'synced',
];

/** Every event that begins or ends a phase; each happens to a promotion once at most. @public */
export const PROMOTION_MILESTONES: PromotionMilestone[] = [
  ...BEGINNINGS,
  'arrived',
  'replaced',
  'refused',
  'closed',
];

interface Moment {
  event: PromotionMilestone;
  /** Milliseconds since 1970. */
  at: number;
}

/**
 * How long each phase of a promotion took, and the whole. What is tried again, and what updates the pull request, is
 * part of the phase that it happens in. Moments come from two clocks, GitHub's and the backend's: what seems to be
 * before the milestone that it follows is taken to be at once.
 *
 * @param entries - its milestones at least, in any order, so that one page of the timeline is not enough
 * @public
 */
export function promotionDurations(
  promotion: Pick<Promotion, 'state' | 'createdAt' | 'mergedAt'>,
  entries: Pick<PromotionTimelineEntry, 'event' | 'at'>[],
): PromotionDurations {
  const moments = inOrder(milestones(promotion, entries));
  const last = moments[moments.length - 1];
  const phases = moments.flatMap(({ event, at }, index) => {
    const next = moments[index + 1];
    // Of a promotion from before there was a timeline it may not be known when it ended.
    return isBeginning(event) && (next || isUnderWay(promotion))
      ? [
          {
            after: event,
            startedAt: new Date(at).toISOString(),
            ...(next && {
              until: next.event,
              seconds: (next.at - at) / 1000,
            }),
          },
        ]
      : [];
  });
  return isBeginning(last.event)
    ? { phases }
    : { phases, seconds: (last.at - moments[0].at) / 1000 };
}

// Promotions from before there was a timeline have some of it in their row.
function milestones(
  { createdAt, mergedAt }: Pick<Promotion, 'createdAt' | 'mergedAt'>,
  entries: Pick<PromotionTimelineEntry, 'event' | 'at'>[],
): Moment[] {
  const kept: Partial<Record<PromotionMilestone, string>> = {
    requested: createdAt,
    merged: mergedAt,
  };
  return PROMOTION_MILESTONES.flatMap(event => {
    const at = entries.find(entry => entry.event === event)?.at ?? kept[event];
    return at === undefined ? [] : [{ event, at: Date.parse(at) }];
  });
}

function inOrder(moments: Moment[]): Moment[] {
  let latest = -Infinity;
  return moments.map(({ event, at }) => {
    latest = Math.max(latest, at);
    return { event, at: latest };
  });
}

function isUnderWay({ state }: Pick<Promotion, 'state'>): boolean {
  return UNDER_WAY_PROMOTION_STATES.includes(state);
}

function isBeginning(
  event: PromotionMilestone,
): event is PromotionPhase['after'] {
  return BEGINNINGS.some(beginning => beginning === event);
}
