import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type {
  EnvironmentsResponse,
  PromotionDetails,
} from '@gitops-infra/backstage-plugin-gitops-common';
import {
  PROMOTION_LOOK,
  promotionLook,
  whyStuck,
} from '../../data/promotionLook';
import { gitopsTranslationRef } from '../../translation';
import { Chip } from '../shared/Chip';

/** Where a promotion is, in a word. */
export function PromotionState(props: {
  promotion: PromotionDetails;
  response: EnvironmentsResponse;
}) {
  const { promotion, response } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const look = promotionLook(promotion, whyStuck(promotion, response));
  return (
    <Chip {...PROMOTION_LOOK[look]} text={t(`promotions.state.${look}`)} />
  );
}
