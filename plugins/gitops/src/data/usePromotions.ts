import { useCallback } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import { UNDER_WAY_PROMOTION_STATES } from '@gitops-infra/backstage-plugin-gitops-common';
import type { EntityName } from '@gitops-infra/backstage-plugin-gitops-common';
import { gitopsApiRef } from '../gitopsApiRef';
import { readUpTo } from './readUpTo';
import { useFollowed } from './useFollowed';
import { useListStart } from './useListStart';

/** The promotions of a service, newest first, followed; into one environment where it is given. */
export function usePromotions(
  entity: EntityName,
  service: string,
  to: string | undefined,
) {
  const api = useApi(gitopsApiRef);
  const { kind, namespace, name } = entity;
  const { wanted, wantMore } = useListStart();
  const read = useCallback(
    () =>
      readUpTo(wanted, async page => {
        const { promotions, nextCursor } = await api.getPromotions(
          { kind, namespace, name },
          { ...page, to },
        );
        return { items: promotions, nextCursor };
      }),
    [api, kind, namespace, name, to, wanted],
  );
  const followed = useFollowed(read, {
    service: () => service,
    isUnderWay: ({ items }) =>
      items.some(({ state }) => UNDER_WAY_PROMOTION_STATES.includes(state)),
  });
  return { ...followed, wanted, wantMore };
}
