import { useCallback, useEffect, useState } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import type {
  EarlierStatesResponse,
  EntityName,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { gitopsApiRef } from '../../gitopsApiRef';

/** What an environment pinned before, once it is known. */
export type EarlierStates =
  | { kind: 'loading' }
  | { kind: 'failed'; error: unknown }
  | { kind: 'ready'; response: EarlierStatesResponse };

/** Asks what an environment pinned before; `retry` asks again. */
export function useEarlierStates(
  { kind, namespace, name }: EntityName,
  environment: string,
): { earlier: EarlierStates; retry(): void } {
  const api = useApi(gitopsApiRef);
  const [attempt, setAttempt] = useState(0);
  const [earlier, setEarlier] = useState<EarlierStates>({ kind: 'loading' });

  useEffect(() => {
    let wanted = true;
    setEarlier({ kind: 'loading' });
    api.getEarlierStates({ kind, namespace, name }, environment).then(
      response => wanted && setEarlier({ kind: 'ready', response }),
      error => wanted && setEarlier({ kind: 'failed', error }),
    );
    return () => {
      wanted = false;
    };
  }, [api, kind, namespace, name, environment, attempt]);

  const retry = useCallback(() => setAttempt(count => count + 1), []);
  return { earlier, retry };
}
