import { useEffect, useState } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import type {
  EntityName,
  Environment,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { gitopsApiRef } from '../gitopsApiRef';

/** How long it is said that Argo CD took a request of which nothing is seen, as of a refresh that finds nothing new. */
const SHOWN_MS = 30_000;

/** What Argo CD can be asked to do with an Application. */
export type ApplicationCommand = 'refresh' | 'hardRefresh' | 'sync';

/** What became of a request, until it shows in the environment itself. */
export type ApplicationRequest = { command: ApplicationCommand } & (
  | { kind: 'asking' }
  | { kind: 'accepted' }
  | { kind: 'refused'; error: unknown }
);

/**
 * Asks Argo CD to do something with the Application of an environment, one thing at a time.
 *
 * @param onAccepted - called when Argo CD took it, to read what came of it
 */
export function useApplicationRequest(
  entity: EntityName,
  environment: Environment,
  onAccepted: () => void,
): {
  request?: ApplicationRequest;
  ask: (command: ApplicationCommand) => Promise<void>;
} {
  const api = useApi(gitopsApiRef);
  const [state, setState] = useState<{
    request: ApplicationRequest;
    /** What of the environment would change by it, as it was before. */
    before: string;
  }>();

  const ask = async (command: ApplicationCommand) => {
    const before = traceOf(command, environment);
    setState({ request: { command, kind: 'asking' }, before });
    try {
      await (command === 'sync'
        ? api.syncApplication(entity, environment.name)
        : api.refreshApplication(entity, environment.name, {
            mode: command === 'hardRefresh' ? 'hard' : 'normal',
          }));
      setState({ request: { command, kind: 'accepted' }, before });
      onAccepted();
    } catch (error) {
      setState({ request: { command, kind: 'refused', error }, before });
    }
  };

  const isAccepted = state?.request.kind === 'accepted';
  useEffect(() => {
    if (!isAccepted) {
      return undefined;
    }
    const timer = setTimeout(() => setState(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isAccepted]);

  const isSeen =
    state && state.before !== traceOf(state.request.command, environment);
  return { request: isAccepted && isSeen ? undefined : state?.request, ask };
}

function traceOf(
  command: ApplicationCommand,
  { operation, sync }: Environment,
): string {
  return JSON.stringify(
    command === 'sync' ? [operation?.startedAt, operation?.phase] : sync,
  );
}
