import {
  GateResult,
  PromotionTimelineEntry,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { IntendedUpdate } from './PromotionStore';

/** Something that happened to a promotion, as its table has it. */
export interface EventRow {
  /** PostgreSQL has texts for it. */
  id: number | string;
  promotion: string;
  at: string;
  event: PromotionTimelineEntry['event'];
  who: string | null;
  detail: string | null;
  code: string | null;
}

/** What is written of something that happened. */
export type NewEvent = Pick<EventRow, 'promotion' | 'at' | 'event'> &
  Pick<PromotionTimelineEntry, 'who' | 'detail' | 'code'>;

/** Where `EventRow`s are. */
export const EVENTS = 'promotion_events';

export function entryOf({
  at,
  event,
  who,
  detail,
  code,
}: EventRow): PromotionTimelineEntry {
  return {
    at,
    event,
    who: who ?? undefined,
    detail: detail ?? undefined,
    code: code ?? undefined,
  };
}

/** What another change is called in the timeline. What gates said stays said where the same change is made again. */
export function whatUpdated(
  { because, by, requestedBy, gates }: IntendedUpdate,
  { title }: { title: string },
): Pick<PromotionTimelineEntry, 'event' | 'who' | 'detail'>[] {
  return because
    ? [{ event: 'rebuilt', who: by, detail: because }]
    : [
        { event: 'updated', who: requestedBy, detail: title },
        ...overridden(gates),
      ];
}

/** What was overridden, each gate as an event of its own. */
export function overridden(
  gates: GateResult[] = [],
): { event: 'overridden'; who: string; detail: string }[] {
  return gates.flatMap(({ title, overridden: by }) =>
    by
      ? [
          {
            event: 'overridden' as const,
            who: by.by,
            detail: `${title}: ${by.reason}`,
          },
        ]
      : [],
  );
}
