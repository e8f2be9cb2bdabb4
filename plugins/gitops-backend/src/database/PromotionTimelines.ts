import {
  PROMOTION_MILESTONES,
  PromotionTimelineEntry,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { Knex } from 'knex';
import { entryOf, EventRow, EVENTS } from './promotionEvents';

/** An event, and where it is among all events. */
export interface PlacedEntry {
  entry: PromotionTimelineEntry;
  position: string;
}

/** Reads what happened to promotions, as the `DatabasePromotionStore` keeps it. */
export class PromotionTimelines {
  readonly #knex: Knex;

  /** @param knex - as `openDatabase` gives it */
  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** What happened to a promotion, newest first; what comes after a position in this order. */
  async page(
    promotion: string,
    { limit, after }: { limit: number; after?: string },
  ): Promise<PlacedEntry[]> {
    const rows = await this.#events()
      .where({ promotion })
      .where(events => {
        if (after !== undefined) {
          events.where('id', '<', after);
        }
      })
      .orderBy('id', 'desc')
      .limit(limit);
    return rows.map(row => ({ entry: entryOf(row), position: `${row.id}` }));
  }

  /** The milestones of each of the promotions: a few, however long their timelines are. */
  async milestones(
    promotions: string[],
  ): Promise<Map<string, PromotionTimelineEntry[]>> {
    const rows = await this.#events()
      .whereIn('promotion', promotions)
      .whereIn('event', PROMOTION_MILESTONES)
      .orderBy('id');
    const found = new Map<string, PromotionTimelineEntry[]>();
    for (const row of rows) {
      found.set(row.promotion, [
        ...(found.get(row.promotion) ?? []),
        entryOf(row),
      ]);
    }
    return found;
  }

  #events() {
    return this.#knex<EventRow>(EVENTS);
  }
}
