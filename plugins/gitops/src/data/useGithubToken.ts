import {
  useApiHolder,
  useTranslationRef,
} from '@backstage/frontend-plugin-api';
import { scmAuthApiRef } from '@backstage/integration-react';
import type { WriteOptions } from '@gitops-infra/backstage-plugin-gitops-common';
import { gitopsTranslationRef } from '../translation';

/**
 * What a write is sent with where it is done on GitHub as the person who asks: their GitHub token, which they may have to
 * sign in for. It is asked for at each write, and kept nowhere here.
 */
export function useGithubToken(): (
  /** As the backend said it. */
  asUser: boolean | undefined,
  repositoryUrl: string,
) => Promise<WriteOptions> {
  const apis = useApiHolder();
  const { t } = useTranslationRef(gitopsTranslationRef);
  return async (asUser, repositoryUrl) => {
    if (!asUser) {
      return {};
    }
    const scmAuth = apis.get(scmAuthApiRef);
    if (!scmAuth) {
      throw new Error(t('githubToken.unavailable'));
    }
    try {
      const { token } = await scmAuth.getCredentials({
        url: repositoryUrl,
        additionalScope: { repoWrite: true },
      });
      return { githubToken: token };
    } catch (error) {
      throw new Error(
        t('githubToken.refused', {
          reason: error instanceof Error ? error.message : String(error),
        }),
      );
    }
  };
}
