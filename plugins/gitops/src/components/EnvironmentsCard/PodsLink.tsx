import { useRouteRef, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Link } from '@backstage/ui';
import { podsRouteRef } from '../../routes';
import { gitopsTranslationRef } from '../../translation';
import shared from '../shared/shared.module.css';

/** The pods of an environment; nothing where the entity's page has no environments tab. */
export function PodsLink({ environment }: { environment: string }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const pageOf = useRouteRef(podsRouteRef);
  return pageOf ? (
    <>
      {' · '}
      <Link
        href={pageOf({ environment })}
        className={shared.link}
        aria-label={t('environment.podsLabel', { environment })}
      >
        {t('environment.pods')}
      </Link>
    </>
  ) : null;
}
