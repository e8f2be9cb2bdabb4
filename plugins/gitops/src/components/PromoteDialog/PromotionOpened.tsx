import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert } from '@backstage/ui';
import type { Promotion } from '@gitops-infra/backstage-plugin-gitops-common';
import { gitopsTranslationRef } from '../../translation';
import { PullRequestLink } from '../shared/PullRequestLink';

/** Said in place of the preview when the pull request is there. */
export function PromotionOpened({ promotion }: { promotion: Promotion }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const { pullRequest, to, error } = promotion;
  return pullRequest ? (
    <Alert
      role="status"
      status="success"
      icon
      title={t('promote.openedTitle', {
        replace: { pullRequest: <PullRequestLink promotion={promotion} /> },
      })}
      description={t('promote.openedAction', { to })}
    />
  ) : (
    <Alert
      role="status"
      status="info"
      icon
      title={t('promote.requestedTitle')}
      description={error ?? t('promote.requestedAction')}
    />
  );
}
