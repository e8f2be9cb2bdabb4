import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { Environment } from '@gitops-infra/backstage-plugin-gitops-common';
import {
  HEALTH_LOOK,
  healthIsLastKnown,
  SYNC_LOOK,
  syncSummary,
} from '../../data/status';
import { gitopsTranslationRef } from '../../translation';
import { Chip } from '../shared/Chip';
import styles from './EnvironmentsCard.module.css';

/** Sync and health of an environment, as Argo CD has them. */
export function StatusChips({ environment }: { environment: Environment }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const { health, name } = environment;
  const sync = syncSummary(environment);
  const reported = sync !== 'notRead' && sync !== 'notReported';
  const lastKnown = healthIsLastKnown(environment);
  const healthText = t(`health.${health.status}`);
  return (
    <>
      <ul
        className={styles.chips}
        aria-label={t('environment.status', { environment: name })}
      >
        <li>
          <Chip {...SYNC_LOOK[sync]} text={t(`sync.${sync}`)} />
        </li>
        {reported && (
          <li>
            <Chip
              mark={HEALTH_LOOK[health.status].mark}
              tone={lastKnown ? 'quiet' : HEALTH_LOOK[health.status].tone}
              text={
                lastKnown
                  ? t('environment.lastKnown', { status: healthText })
                  : healthText
              }
            />
          </li>
        )}
      </ul>
      {reported && health.message && health.status !== 'Healthy' && (
        <p className={styles.dim}>{health.message}</p>
      )}
    </>
  );
}
