import { useCallback, useEffect, useState } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import type { MergeGatesResponse } from '@gitops-infra/backstage-plugin-gitops-common';
import { gitopsApiRef } from '../../gitopsApiRef';

const NONE: MergeGatesResponse = { gates: [] };

/**
 * What the gates say of merging; undefined while they are asked, none where they cannot be: the backend asks anyway.
 * `askAgain` asks them again.
 */
export function useMergeGates(id: string): {
  answer: MergeGatesResponse | undefined;
  askAgain(): void;
} {
  const api = useApi(gitopsApiRef);
  const [attempt, setAttempt] = useState(0);
  const [answer, setAnswer] = useState<MergeGatesResponse>();
  useEffect(() => {
    let wanted = true;
    setAnswer(undefined);
    api.getMergeGates(id).then(
      gates => wanted && setAnswer(gates),
      () => wanted && setAnswer(NONE),
    );
    return () => {
      wanted = false;
    };
  }, [api, id, attempt]);

  const askAgain = useCallback(() => setAttempt(count => count + 1), []);
  return { answer, askAgain };
}
