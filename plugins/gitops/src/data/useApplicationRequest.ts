import { useEffect, useRef, useState } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import type {
  EntityName,
  Environment,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { gitopsApiRef } from '../gitopsApiRef';

/** How long it is said that Argo CD took a request or has done it, where nothing of the environment changes by it. */
const SHOWN_MS = 30_000;

/** How often it is looked whether Argo CD has done it. */
const LOOK_AGAIN_MS = 1_000;

/** What Argo CD can be asked to do with an Application. */
export type ApplicationCommand = 'refresh' | 'hardRefresh' | 'sync';

/**
 * What became of a request, until it shows in the environment itself. A sync that runs and has ended does; a refresh that
 * finds nothing new does not.
 */
export type ApplicationRequest =
  | { command: ApplicationCommand; kind: 'asking' | 'accepted' }
  | { command: ApplicationCommand; kind: 'refused'; error: unknown }
  | { command: 'refresh' | 'hardRefresh'; kind: 'running' | 'done' };

/**
 * Asks Argo CD to do something with the Application of an environment, one thing at a time.
 *
 * @param onProgress - called when Argo CD took it, and when it has done it, to read what came of it
 */
export function useApplicationRequest(
  entity: EntityName,
  environment: Environment,
  onProgress: () => void,
): {
  request?: ApplicationRequest;
  ask: (command: ApplicationCommand) => Promise<void>;
} {
  const api = useApi(gitopsApiRef);
  const [request, setRequest] = useState<ApplicationRequest>();
  /** What of the environment would change by a sync, as it was before. */
  const [before, setBefore] = useState<string>();

  const ask = async (command: ApplicationCommand) => {
    setBefore(traceOf(environment));
    setRequest({ command, kind: 'asking' });
    try {
      await (command === 'sync'
        ? api.syncApplication(entity, environment.name)
        : api.refreshApplication(entity, environment.name, {
            mode: command === 'hardRefresh' ? 'hard' : 'normal',
          }));
      setRequest({ command, kind: 'accepted' });
      onProgress();
    } catch (error) {
      setRequest({ command, kind: 'refused', error });
    }
  };

  const { kind, command } = request ?? {};
  const refresh =
    command !== 'sync' && (kind === 'accepted' || kind === 'running')
      ? command
      : undefined;
  useLooks(refresh !== undefined, async () => {
    const found = await api
      .getRefresh(entity, environment.name)
      .catch(() => undefined);
    return () => {
      // Where Argo CD does not answer the card says so.
      setRequest(
        refresh &&
          found && {
            command: refresh,
            kind: found.refreshing ? 'running' : 'done',
          },
      );
      if (!found?.refreshing) {
        onProgress();
      }
    };
  });

  const passes = kind === 'done' || (kind === 'accepted' && !refresh);
  useEffect(() => {
    if (!passes) {
      return undefined;
    }
    const timer = setTimeout(() => setRequest(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [passes]);

  const isSeen =
    kind === 'accepted' &&
    command === 'sync' &&
    before !== traceOf(environment);
  return { request: isSeen ? undefined : request, ask };
}

/**
 * Looks again and again while something is under way, one look at a time.
 *
 * @param look - returns what is to be done with what it saw; that is not done where nothing is under way any more
 */
function useLooks(isUnderWay: boolean, look: () => Promise<() => void>) {
  const latest = useRef(look);
  useEffect(() => {
    latest.current = look;
  });
  useEffect(() => {
    if (!isUnderWay) {
      return undefined;
    }
    let isLooking = false;
    let isOver = false;
    const timer = setInterval(async () => {
      if (isLooking) {
        return;
      }
      isLooking = true;
      const see = await latest.current();
      isLooking = false;
      if (!isOver) {
        see();
      }
    }, LOOK_AGAIN_MS);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [isUnderWay]);
}

function traceOf({ operation }: Environment): string {
  return JSON.stringify([operation?.startedAt, operation?.phase]);
}
