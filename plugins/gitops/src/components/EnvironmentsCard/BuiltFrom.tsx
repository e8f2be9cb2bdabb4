import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { ImageOrigin } from '@gitops-infra/backstage-plugin-gitops-common';
import { gitopsTranslationRef } from '../../translation';
import { ExternalLink } from '../shared/ExternalLink';
import { Moment } from '../shared/Moment';
import styles from './EnvironmentsCard.module.css';

const SHORT_DIGITS = 7;

/** When a version was built, and from which commit, as far as its image says it. */
export function BuiltFrom(props: { origin: ImageOrigin }) {
  const { createdAt, revision, url } = props.origin;
  const { t } = useTranslationRef(gitopsTranslationRef);
  return (
    <span className={styles.dim}>
      {t('environment.built')}
      {createdAt !== undefined && (
        <>
          {' '}
          <Moment at={createdAt} />
        </>
      )}
      {revision !== undefined && (
        <>
          {' '}
          <ExternalLink href={url} title={revision} plain>
            {revision.slice(0, SHORT_DIGITS)}
          </ExternalLink>
        </>
      )}
    </span>
  );
}
