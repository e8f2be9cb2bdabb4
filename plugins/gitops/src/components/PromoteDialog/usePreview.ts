import { useCallback, useEffect, useState } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import type {
  EntityName,
  PromotionPreviewResponse,
  PromotionRequest,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { gitopsApiRef } from '../../gitopsApiRef';

/** What a promotion would change, once it is known; idle while nothing is asked for. */
export type PreviewState =
  | { kind: 'idle' }
  | { kind: 'loading' }
  | { kind: 'failed'; error: unknown }
  | { kind: 'ready'; preview: PromotionPreviewResponse };

/** Asks what a promotion would change; `retry` asks again. */
export function usePreview(
  { kind, namespace, name }: EntityName,
  request: PromotionRequest | undefined,
): { state: PreviewState; retry(): void } {
  const api = useApi(gitopsApiRef);
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<PreviewState>({ kind: 'idle' });

  useEffect(() => {
    if (!request) {
      setState({ kind: 'idle' });
      return undefined;
    }
    let wanted = true;
    setState({ kind: 'loading' });
    api.previewPromotion({ kind, namespace, name }, request).then(
      preview => wanted && setState({ kind: 'ready', preview }),
      error => wanted && setState({ kind: 'failed', error }),
    );
    return () => {
      wanted = false;
    };
  }, [api, kind, namespace, name, request, attempt]);

  const retry = useCallback(() => setAttempt(count => count + 1), []);
  return { state, retry };
}
