import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Skeleton, VisuallyHidden } from '@backstage/ui';
import { gitopsTranslationRef } from '../../translation';
import styles from './EnvironmentsCard.module.css';

/** The card's shape until the first answer. */
export function LoadingEnvironments() {
  const { t } = useTranslationRef(gitopsTranslationRef);
  return (
    <div role="status" className={styles.flowContainer}>
      <VisuallyHidden>{t('card.loading')}</VisuallyHidden>
      <div className={styles.flow} data-count="2" aria-hidden="true">
        <LoadingEnvironment />
        <LoadingEnvironment step />
      </div>
    </div>
  );
}

function LoadingEnvironment({ step }: { step?: boolean }) {
  return (
    <div className={styles.place} data-step={step ? 'true' : undefined}>
      {step && (
        <div className={styles.step}>
          <Skeleton width="5rem" height="2rem" />
        </div>
      )}
      <div className={styles.environment}>
        <Skeleton width="30%" height="1rem" />
        <Skeleton width="55%" height="1.75rem" />
        <Skeleton width="70%" height="1.5rem" rounded />
        <Skeleton width="85%" height="1rem" />
      </div>
    </div>
  );
}
