import { useCallback, useEffect, useState } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import type { MergeGatesResponse } from '@gitops-infra/backstage-plugin-gitops-common';
import { gitopsApiRef } from '../../gitopsApiRef';

/** What the gates say of merging, as far as they could be asked. */
export type MergeGates =
  | { kind: 'asking' | 'failed' }
  | ({ kind: 'answered' } & MergeGatesResponse);

/** What the gates say of merging. Where they cannot be asked, the backend asks them all the same at the merge. */
export function useMergeGates(id: string): {
  answer: MergeGates;
  askAgain(): void;
} {
  const api = useApi(gitopsApiRef);
  const [attempt, setAttempt] = useState(0);
  const [answer, setAnswer] = useState<MergeGates>({ kind: 'asking' });
  useEffect(() => {
    let wanted = true;
    setAnswer({ kind: 'asking' });
    api.getMergeGates(id).then(
      gates => wanted && setAnswer({ kind: 'answered', ...gates }),
      () => wanted && setAnswer({ kind: 'failed' }),
    );
    return () => {
      wanted = false;
    };
  }, [api, id, attempt]);

  const askAgain = useCallback(() => setAttempt(count => count + 1), []);
  return { answer, askAgain };
}
