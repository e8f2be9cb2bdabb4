import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { useEntityRefLink } from '@backstage/plugin-catalog-react';
import { Link } from '@backstage/ui';
import type { Subject } from '../../data/Subject';
import { gitopsTranslationRef } from '../../translation';
import shared from '../shared/shared.module.css';

/** The tab of the Kubernetes plugin on the entity's page, which shows the pods of every environment. */
export function PodsLink(props: { subject: Subject; environment: string }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const pageOf = useEntityRefLink();
  return (
    <Link
      href={`${pageOf(props.subject.entity)}/kubernetes`}
      className={shared.link}
      aria-label={t('environment.podsLabel', {
        environment: props.environment,
      })}
    >
      {t('environment.pods')}
    </Link>
  );
}
