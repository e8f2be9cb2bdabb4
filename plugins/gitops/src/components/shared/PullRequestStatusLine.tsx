import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { PullRequestStatus } from '@gitops-infra/backstage-plugin-gitops-common';
import { gitopsTranslationRef } from '../../translation';

/** Checks and reviews of an open pull request, and why it cannot be merged. */
export function PullRequestStatusLine({
  status: { mergeability, checks, reviews },
}: {
  status: PullRequestStatus;
}) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const counted = [
    checks?.failing && t('pull.failing', { count: checks.failing }),
    checks?.pending && t('pull.pending', { count: checks.pending }),
    checks?.passed && t('pull.passed', { count: checks.passed }),
    reviews?.changesRequested &&
      t('pull.changesRequested', { count: reviews.changesRequested }),
    reviews?.approved && t('pull.approved', { count: reviews.approved }),
    // These two say nothing that keeps it from being merged.
    mergeability !== 'clean' &&
      mergeability !== 'unknown' &&
      t(`pull.${mergeability}`),
  ].filter(text => typeof text === 'string');
  return counted.length > 0 ? <>{counted.join(' · ')}</> : null;
}
