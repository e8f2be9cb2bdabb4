import { Fragment } from 'react';
import type { ReactNode } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { PromotionDetails } from '@gitops-infra/backstage-plugin-gitops-common';
import { overriddenGates } from '../../data/promotionLook';
import { useNow } from '../../text/Now';
import { personName } from '../../text/people';
import { formatDuration } from '../../text/time';
import { useLocale } from '../../text/useLocale';
import { gitopsTranslationRef } from '../../translation';
import { ExternalLink } from '../shared/ExternalLink';
import { Moment } from '../shared/Moment';
import { Person } from '../shared/Person';
import { PromotionLink } from '../shared/PromotionLink';
import { PullRequestStatusLine } from '../shared/PullRequestStatusLine';
import { Version } from '../shared/Version';
import styles from './EnvironmentsTab.module.css';

/** What a promotion changes, who asked for it and merged it, how long it took, and what is special about it. */
export function PromotionSummary({
  promotion,
}: {
  promotion: PromotionDetails;
}) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  return (
    <>
      <ul className={styles.pins} aria-label={t('promotions.pins')}>
        {promotion.changes.map(({ name, image, before, after }) => (
          <li key={name}>
            {name} <Version image={image} version={before} />
            {' → '}
            <Version image={image} version={after} />
          </li>
        ))}
      </ul>
      <Facts promotion={promotion} />
      {promotion.state === 'open' && promotion.pullRequestStatus && (
        <p className={styles.dim}>
          <PullRequestStatusLine status={promotion.pullRequestStatus} />
        </p>
      )}
      {promotion.undoes && promotion.undoes.length > 0 && (
        <p className={styles.dim}>
          {t('promotions.undoes')}{' '}
          {promotion.undoes.map(({ id, title }, index) => (
            <span key={id}>
              {index > 0 && ', '}
              <PromotionLink id={id}>{title}</PromotionLink>
            </span>
          ))}
        </p>
      )}
      {overriddenGates(promotion).map(({ id, title, overridden }) => (
        <p key={id} className={styles.warning}>
          {t('promotions.overridden', {
            gate: title,
            person: personName(overridden.by),
            reason: overridden.reason,
          })}
        </p>
      ))}
      {promotion.error && (
        <p className={styles.problem}>
          {isOver(promotion)
            ? promotion.error
            : t('step.retrying', { error: promotion.error })}
        </p>
      )}
    </>
  );
}

/** To where, by whom, when, how long, as which pull request. */
function Facts({ promotion }: { promotion: PromotionDetails }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const { to, requestedBy, createdAt, mergedBy, mergedAt, pullRequest } =
    promotion;
  const took = useTook(promotion);
  const facts: ReactNode[] = [
    t('promotions.to', { to }),
    t('promotions.asked', {
      replace: {
        person: <Person entityRef={requestedBy} />,
        when: <Moment at={createdAt} />,
      },
    }),
    mergedBy &&
      mergedAt &&
      t('promotions.merged', {
        replace: {
          person: <Person entityRef={mergedBy} />,
          when: <Moment at={mergedAt} />,
        },
      }),
    took,
    pullRequest && (
      <ExternalLink href={pullRequest.url}>
        {t('promotions.pullRequest', { number: String(pullRequest.number) })}
      </ExternalLink>
    ),
  ];
  return (
    <p className={styles.dim}>
      {facts.filter(Boolean).map((fact, index) => (
        <Fragment key={index}>
          {index > 0 && ' · '}
          {fact}
        </Fragment>
      ))}
    </p>
  );
}

function useTook(promotion: PromotionDetails): string | undefined {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const locale = useLocale();
  const now = useNow();
  const { seconds } = promotion.durations;
  if (seconds !== undefined) {
    return t('promotions.took', { duration: formatDuration(seconds, locale) });
  }
  return isOver(promotion)
    ? undefined
    : t('promotions.soFar', {
        duration: formatDuration(
          (now - Date.parse(promotion.createdAt)) / 1000,
          locale,
        ),
      });
}

function isOver({ durations }: PromotionDetails): boolean {
  return durations.phases.every(({ until }) => until !== undefined);
}
