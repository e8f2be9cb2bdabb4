import { useEffect, useRef, useState } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button } from '@backstage/ui';
import { gitopsTranslationRef } from '../../translation';
import styles from './EnvironmentsTab.module.css';

/** Asks for more of a list, and says when there is no more of it. */
export function ShowEarlier(props: {
  hasMore: boolean;
  isPending: boolean;
  onPress: () => void;
}) {
  const { hasMore } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const [asked, setAsked] = useState(false);
  const end = useRef<HTMLParagraphElement>(null);
  // The button is gone then, and the keyboard's place with it.
  useEffect(() => {
    if (asked && !hasMore) {
      end.current?.focus();
    }
  }, [asked, hasMore]);
  if (hasMore) {
    return (
      <Button
        size="small"
        variant="secondary"
        className={styles.earlier}
        isPending={props.isPending}
        onPress={() => {
          setAsked(true);
          props.onPress();
        }}
      >
        {t('promotions.earlier')}
      </Button>
    );
  }
  return asked ? (
    <p ref={end} tabIndex={-1} className={styles.end}>
      {t('promotions.end')}
    </p>
  ) : null;
}
