import { useCallback } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import { UNDER_WAY_PROMOTION_STATES } from '@gitops-infra/backstage-plugin-gitops-common';
import type { Promotion } from '@gitops-infra/backstage-plugin-gitops-common';
import { gitopsApiRef } from '../gitopsApiRef';
import { readUpTo } from './readUpTo';
import { useFollowed } from './useFollowed';
import { useListStart } from './useListStart';

/** A promotion with its timeline, newest first, followed. */
export function usePromotion(id: string, service: string) {
  const api = useApi(gitopsApiRef);
  const { wanted, wantMore } = useListStart();
  const read = useCallback(async () => {
    const [promotion, timeline] = await Promise.all([
      api.getPromotion(id),
      readUpTo(wanted, async page => {
        const answer = await api.getPromotionTimeline(id, page);
        return { items: answer.timeline, nextCursor: answer.nextCursor };
      }),
    ]);
    return { promotion, timeline };
  }, [api, id, wanted]);
  const { amend, ...followed } = useFollowed(read, {
    service: () => service,
    isUnderWay: ({ promotion }) =>
      UNDER_WAY_PROMOTION_STATES.includes(promotion.state),
  });
  const record = (promotion: Promotion) =>
    amend(data => ({
      ...data,
      promotion: { ...data.promotion, ...promotion },
    }));
  return { ...followed, record, wanted, wantMore };
}
