import { useCallback } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import type {
  EntityName,
  EnvironmentsResponse,
  Promotion,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { gitopsApiRef } from '../gitopsApiRef';
import { anyPromotionUnderWay, withPromotion } from './steps';
import { useFollowed } from './useFollowed';
import type { Followed } from './useFollowed';

/** A service's environments as they were last read. */
export interface EnvironmentsState
  extends Omit<Followed<EnvironmentsResponse>, 'amend'> {
  /** Shows a promotion that the backend just answered with, then reads again. */
  recordPromotion(promotion: Promotion): void;
}

/**
 * The environments of the service that an entity refers to, followed.
 *
 * The entity and the service must not change during the life of the component: give it a key.
 */
export function useEnvironments(
  entity: EntityName,
  service: string | undefined,
): EnvironmentsState {
  const api = useApi(gitopsApiRef);
  const { kind, namespace, name } = entity;
  const read = useCallback(
    () => api.getEnvironments({ kind, namespace, name }),
    [api, kind, namespace, name],
  );
  const { amend, ...followed } = useFollowed(read, {
    // An entity that does not name its service learns it from the first answer.
    service: data => service ?? data?.service,
    isUnderWay: anyPromotionUnderWay,
  });
  const recordPromotion = useCallback(
    (promotion: Promotion) => amend(data => withPromotion(data, promotion)),
    [amend],
  );
  return { ...followed, recordPromotion };
}
