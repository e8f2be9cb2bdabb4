import { useCallback, useEffect, useRef, useState } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import { useSignal } from '@backstage/plugin-signals-react';
import {
  ALL_SERVICES_SIGNAL_CHANNEL,
  serviceSignalChannel,
} from '@gitops-infra/backstage-plugin-gitops-common';
import type {
  EntityName,
  EnvironmentsResponse,
  Promotion,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { gitopsApiRef } from '../gitopsApiRef';
import { anyPromotionUnderWay, withPromotion } from './steps';

/** How often the environments are read when no signal asks for it. */
const POLL_INTERVAL_MS = 10_000;

/** The same while a promotion is under way, when someone is likely to be watching. */
const POLL_INTERVAL_UNDER_WAY_MS = 3_000;

/** A request that has not been answered for this long no longer holds up the next one. */
const REQUEST_PATIENCE_MS = 30_000;

/** A service's environments as they were last read. */
export interface EnvironmentsState {
  /** The last answer; it stays while a newer one is read, and when that fails. */
  data?: EnvironmentsResponse;
  /** Why the last attempt failed; gone after the next success. */
  error?: unknown;
  /** Reads again, now. */
  reload(): void;
  /** Shows a promotion that the backend just answered with, then reads again. */
  recordPromotion(promotion: Promotion): void;
}

/**
 * The environments of the service that an entity refers to: read at once, on every signal of the service, and every few
 * seconds while the page is visible. Requests never overlap; a signal during one is followed by another.
 *
 * The entity and the service must not change during the life of the component: give it a key.
 */
export function useEnvironments(
  entity: EntityName,
  service: string | undefined,
): EnvironmentsState {
  const api = useApi(gitopsApiRef);
  const { kind, namespace, name } = entity;
  const [data, setData] = useState<EnvironmentsResponse>();
  const [error, setError] = useState<unknown>();
  const requests = useRef({ current: 0, busySince: 0, again: false });

  const load = useCallback(
    async (urgent: boolean): Promise<void> => {
      const state = requests.current;
      if (
        state.busySince &&
        Date.now() - state.busySince < REQUEST_PATIENCE_MS
      ) {
        state.again ||= urgent;
        return;
      }
      const request = ++state.current;
      state.busySince = Date.now();
      state.again = false;
      try {
        const answer = await api.getEnvironments({ kind, namespace, name });
        if (request === state.current) {
          setData(answer);
          setError(undefined);
        }
      } catch (reason) {
        if (request === state.current) {
          setError(reason);
        }
      }
      if (request === state.current) {
        state.busySince = 0;
        if (state.again) {
          await load(true);
        }
      }
    },
    [api, kind, namespace, name],
  );

  const reload = useCallback(() => {
    load(true);
  }, [load]);

  useEffect(() => {
    const state = requests.current;
    load(true);
    return () => {
      // Whatever is still under way is for nobody.
      state.current++;
      state.busySince = 0;
      state.again = false;
    };
  }, [load]);

  // An entity that does not name its service learns it from the first answer.
  const { lastSignal } = useSignal(
    serviceSignalChannel(service ?? data?.service ?? ''),
  );
  const { lastSignal: lastOfAll } = useSignal(ALL_SERVICES_SIGNAL_CHANNEL);
  useEffect(() => {
    if (lastSignal || lastOfAll) {
      load(true);
    }
  }, [lastSignal, lastOfAll, load]);

  const interval = anyPromotionUnderWay(data)
    ? POLL_INTERVAL_UNDER_WAY_MS
    : POLL_INTERVAL_MS;
  useEffect(() => {
    const loadWhenVisible = () => {
      if (document.visibilityState !== 'hidden') {
        load(false);
      }
    };
    const timer = setInterval(loadWhenVisible, interval);
    document.addEventListener('visibilitychange', loadWhenVisible);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', loadWhenVisible);
    };
  }, [interval, load]);

  const recordPromotion = useCallback(
    (promotion: Promotion) => {
      setData(current => current && withPromotion(current, promotion));
      load(true);
    },
    [load],
  );

  return { data, error, reload, recordPromotion };
}
