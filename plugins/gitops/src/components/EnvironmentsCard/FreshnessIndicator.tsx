import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { Environment } from '@gitops-infra/backstage-plugin-gitops-common';
import { doubtfulSides } from '../../data/freshness';
import type { DoubtfulSide } from '../../data/freshness';
import { useNow } from '../../text/Now';
import { formatAge, formatExact } from '../../text/time';
import { useLocale } from '../../text/useLocale';
import { gitopsTranslationRef } from '../../translation';
import styles from './EnvironmentsCard.module.css';

/** Whether what the card shows is how things are now, or how old it is. */
export function FreshnessIndicator(props: { environments: Environment[] }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const sides = doubtfulSides(props.environments);
  return (
    <div className={styles.freshness}>
      {sides.length === 0 ? (
        <span title={t('freshness.liveDetail')}>
          <Dot state="live" />
          {t('freshness.live')}
        </span>
      ) : (
        sides.map(side => <Doubt key={side.side} side={side} />)
      )}
    </div>
  );
}

function Doubt({ side: { side, readAt, error } }: { side: DoubtfulSide }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const locale = useLocale();
  const now = useNow();
  const name = t(`freshness.${side}`);
  const exact = readAt && formatExact(readAt, locale);
  return (
    <span title={[exact, error].filter(Boolean).join(' · ') || undefined}>
      <Dot state="doubtful" />
      {readAt
        ? t('freshness.old', {
            side: name,
            age: formatAge(readAt, now, locale),
          })
        : t('freshness.never', { side: name })}
      {error && <span className={styles.freshnessError}>{error}</span>}
    </span>
  );
}

function Dot({ state }: { state: 'live' | 'doubtful' }) {
  return <span aria-hidden="true" className={styles.dot} data-state={state} />;
}
