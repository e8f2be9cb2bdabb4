import { useCallback, useEffect, useRef, useState } from 'react';
import { useSignal } from '@backstage/plugin-signals-react';
import {
  ALL_SERVICES_SIGNAL_CHANNEL,
  serviceSignalChannel,
} from '@gitops-infra/backstage-plugin-gitops-common';

/** How often something is read when no signal asks for it. */
const POLL_INTERVAL_MS = 10_000;

/** The same while something is under way, when someone is likely to be watching. */
const POLL_INTERVAL_UNDER_WAY_MS = 3_000;

/** A request that has not been answered for this long no longer holds up the next one. */
const REQUEST_PATIENCE_MS = 30_000;

/** Something of the backend as it was last read. */
export interface Followed<T> {
  /** The last answer; it stays while a newer one is read, and when that fails. */
  data?: T;
  /** Why the last attempt failed; gone after the next success. */
  error?: unknown;
  /** Reads again, now. */
  reload(): void;
  /** Shows what the backend just answered otherwise, then reads again. */
  amend(change: (data: T) => T): void;
}

/**
 * Something about a service: read at once, on every signal of the service, and every few seconds while the page is
 * visible. Requests never overlap; a signal during one is followed by another.
 *
 * @param read - how it is read; another function is called at once
 */
export function useFollowed<T>(
  read: () => Promise<T>,
  about: {
    /** The service, once it is known. */
    service: (data: T | undefined) => string | undefined;
    /** Whether more is to come soon. */
    isUnderWay: (data: T) => boolean;
  },
): Followed<T> {
  const [data, setData] = useState<T>();
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
        const answer = await read();
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
    [read],
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

  const { lastSignal } = useSignal(
    serviceSignalChannel(about.service(data) ?? ''),
  );
  const { lastSignal: lastOfAll } = useSignal(ALL_SERVICES_SIGNAL_CHANNEL);
  useEffect(() => {
    if (lastSignal || lastOfAll) {
      load(true);
    }
  }, [lastSignal, lastOfAll, load]);

  const interval =
    data !== undefined && about.isUnderWay(data)
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

  const amend = useCallback(
    (change: (data: T) => T) => {
      setData(current => (current === undefined ? current : change(current)));
      load(true);
    },
    [load],
  );

  return { data, error, reload, amend };
}
