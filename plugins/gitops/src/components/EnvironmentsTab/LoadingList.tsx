import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Skeleton, VisuallyHidden } from '@backstage/ui';
import { gitopsTranslationRef } from '../../translation';
import styles from './EnvironmentsTab.module.css';

/**
 * The shape of a list until the first answer.
 *
 * @param props.text - what is said to be loading, where it is not promotions
 */
export function LoadingList({ text }: { text?: string }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  return (
    <div role="status" className={styles.loading}>
      <VisuallyHidden>{text ?? t('promotions.loading')}</VisuallyHidden>
      <Skeleton width="40%" height="1.5rem" />
      <Skeleton width="100%" height="4rem" />
      <Skeleton width="100%" height="4rem" />
    </div>
  );
}
