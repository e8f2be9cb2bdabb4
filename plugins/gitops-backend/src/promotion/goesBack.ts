import { PromotionStore, StoredPromotion } from '../database/PromotionStore';

/**
 * Whether a promotion goes back. To name an earlier state is not enough: from one to which a rollback went it can also lead
 * forward again, to what the gates are to be asked about.
 */
export async function goesBack(
  store: Pick<PromotionStore, 'get'>,
  { rollbackTo, undoes = [] }: Pick<StoredPromotion, 'rollbackTo' | 'undoes'>,
): Promise<boolean> {
  if (rollbackTo === undefined || undoes.length === 0) {
    return false;
  }
  const undone = await Promise.all(undoes.map(({ id }) => store.get(id)));
  return undone.every(promotion => promotion?.rollbackTo === undefined);
}
