import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type {
  PromotionDetails,
  PromotionPhase,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { useNow } from '../../text/Now';
import { formatDuration } from '../../text/time';
import { useLocale } from '../../text/useLocale';
import { gitopsTranslationRef } from '../../translation';
import styles from './EnvironmentsTab.module.css';

/** Where the time of a promotion went. */
export function Phases({ promotion }: { promotion: PromotionDetails }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const locale = useLocale();
  const { phases, seconds } = promotion.durations;
  return (
    <section className={styles.part} aria-label={t('phases.title')}>
      <h3 className={styles.partTitle}>{t('phases.title')}</h3>
      <dl className={styles.phases}>
        {phases.map(phase => (
          <div key={phase.after}>
            <dt>{t(`phases.${nameOf(phase)}`)}</dt>
            <dd>
              {phase.seconds === undefined ? (
                <SoFar phase={phase} />
              ) : (
                formatDuration(phase.seconds, locale)
              )}
            </dd>
          </div>
        ))}
        {seconds !== undefined && (
          <div>
            <dt>{t('phases.whole')}</dt>
            <dd>{formatDuration(seconds, locale)}</dd>
          </div>
        )}
      </dl>
    </section>
  );
}

function SoFar({ phase }: { phase: PromotionPhase }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const locale = useLocale();
  const now = useNow();
  return (
    <>
      {t('promotions.soFar', {
        duration: formatDuration(
          (now - Date.parse(phase.startedAt)) / 1000,
          locale,
        ),
      })}
    </>
  );
}

// Where it was not kept when Argo CD applied the merge, both are in one.
function nameOf({ after, until }: PromotionPhase) {
  return after === 'merged' && until === 'arrived' ? 'syncAndRollout' : after;
}
