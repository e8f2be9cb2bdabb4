import {
  promotionDurations,
  PromotionDetails,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { StoredPromotion } from '../database/PromotionStore';
import { PromotionTimelines } from '../database/PromotionTimelines';
import { publicPromotion } from '../readmodel/PromotionsUnderWay';

/** Promotions as they are looked back on. */
export async function promotionDetails(
  timelines: Pick<PromotionTimelines, 'milestones'>,
  promotions: StoredPromotion[],
): Promise<PromotionDetails[]> {
  const milestones = await timelines.milestones(promotions.map(({ id }) => id));
  return promotions.map(promotion => ({
    ...publicPromotion(promotion),
    durations: promotionDurations(
      promotion,
      milestones.get(promotion.id) ?? [],
    ),
  }));
}
