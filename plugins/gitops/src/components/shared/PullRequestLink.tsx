import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { PromotionRef } from '@gitops-infra/backstage-plugin-gitops-common';
import { gitopsTranslationRef } from '../../translation';
import { ExternalLink } from './ExternalLink';

/** `#42 promote(demo): …`, linked to the pull request; the title alone until there is one. */
export function PullRequestLink({ promotion }: { promotion: PromotionRef }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const { pullRequest, title } = promotion;
  return (
    <ExternalLink href={pullRequest?.url}>
      {pullRequest
        ? t('step.pullRequest', { number: String(pullRequest.number), title })
        : title}
    </ExternalLink>
  );
}
