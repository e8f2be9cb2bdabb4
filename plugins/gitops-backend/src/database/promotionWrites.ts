import { Knex } from 'knex';
import { EVENTS, NewEvent } from './promotionEvents';
import { PROMOTIONS_TABLE, PromotionRow } from './promotionRows';
import { PROMOTIONS } from './UpstreamStore';

/** A change of rows of promotions, with what happened. Resolves to the number of rows that changed. */
export type WritePromotions = (
  change: (table: () => Knex.QueryBuilder<PromotionRow>) => PromiseLike<number>,
  ...happened: NewEvent[]
) => Promise<number>;

/**
 * Writes promotions. Every process shows them: they see by the sequence number that there is something new. What happened
 * is written with the change, or neither is; where no row changed, nothing happened.
 *
 * @param onWrite - told after each change
 */
export function createWritePromotions(
  knex: Knex,
  onWrite: () => void,
): WritePromotions {
  return async (change, ...happened) => {
    const changed = await knex.transaction(async transaction => {
      const rows = await change(() =>
        transaction<PromotionRow>(PROMOTIONS_TABLE),
      );
      if (rows > 0) {
        await transaction('upstreams')
          .insert({ id: PROMOTIONS, sequence: 1 })
          .onConflict('id')
          .merge({
            sequence: transaction.raw('?? + 1', ['upstreams.sequence']),
          });
        for (const event of happened) {
          await transaction(EVENTS).insert(event);
        }
      }
      return rows;
    });
    if (changed > 0) {
      onWrite();
    }
    return changed;
  };
}
