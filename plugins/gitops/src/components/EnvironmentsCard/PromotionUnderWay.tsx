import { useRouteRef, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Link } from '@backstage/ui';
import type {
  Finding,
  GitopsRights,
  Promotion,
} from '@gitops-infra/backstage-plugin-gitops-common';
import type { Decision } from '../../data/decisions';
import { promotionRouteRef } from '../../routes';
import { gitopsTranslationRef } from '../../translation';
import { DecisionButtons } from '../Decision/DecisionButtons';
import { ExternalLink } from '../shared/ExternalLink';
import { Moment } from '../shared/Moment';
import { Person } from '../shared/Person';
import { PullRequestLink } from '../shared/PullRequestLink';
import { PullRequestStatusLine } from '../shared/PullRequestStatusLine';
import shared from '../shared/shared.module.css';
import styles from './EnvironmentsCard.module.css';

/** A promotion on its way: being opened, open, or merged and rolling out. */
export function PromotionUnderWay(props: {
  promotion: Promotion;
  rights: GitopsRights;
  /** Why a merged one does not arrive. */
  hindrance?: Finding;
  onDecide: (decision: Decision) => void;
}) {
  const { promotion } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  return (
    <>
      {/* Said once when the state changes, not each time that a relative time moves on. */}
      <span role="status" className={shared.visuallyHidden}>
        {props.hindrance
          ? t('step.announceStuck', {
              to: promotion.to,
              what: props.hindrance.what,
            })
          : announcement(promotion, t)}
      </span>
      <PromotionState promotion={promotion} hindrance={props.hindrance} />
      <TimelineLink promotion={promotion} />
      {promotion.error && (
        <span className={styles.promotionError}>
          {t('step.retrying', { error: promotion.error })}
        </span>
      )}
      <DecisionButtons
        promotion={promotion}
        rights={props.rights}
        onDecide={props.onDecide}
      />
    </>
  );
}

function PromotionState({
  promotion,
  hindrance,
}: {
  promotion: Promotion;
  hindrance?: Finding;
}) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const { state, pullRequest } = promotion;
  const asked = {
    person: <Person entityRef={promotion.requestedBy} />,
    when: <Moment at={promotion.createdAt} />,
  };
  if (state === 'merged') {
    return (
      <>
        <span className={styles.promotionTitle}>
          {pullRequest ? (
            <ExternalLink href={pullRequest.url}>
              {t('step.merged', { number: String(pullRequest.number) })}
            </ExternalLink>
          ) : (
            t('step.mergedShort')
          )}
        </span>
        <span className={styles.dim}>
          {t('step.mergedBy', {
            replace: {
              person: (
                <Person
                  entityRef={promotion.mergedBy ?? promotion.requestedBy}
                />
              ),
              when: <Moment at={promotion.mergedAt ?? promotion.updatedAt} />,
            },
          })}
        </span>
        {hindrance ? (
          <span className={styles.blocked}>
            {t('step.stuck', { what: hindrance.what })}
          </span>
        ) : (
          <span className={styles.rollingOut}>{t('step.rollingOut')}</span>
        )}
      </>
    );
  }
  if (state === 'open' && pullRequest) {
    return (
      <>
        <span className={styles.promotionTitle}>
          <PullRequestLink promotion={promotion} />
        </span>
        <span className={styles.dim}>{t('step.open', { replace: asked })}</span>
        {promotion.pullRequestStatus && (
          <span className={styles.dim}>
            <PullRequestStatusLine status={promotion.pullRequestStatus} />
          </span>
        )}
      </>
    );
  }
  return (
    <>
      <span className={styles.promotionTitle}>{t('step.requested')}</span>
      <span className={styles.dim}>
        {t('step.requestedShort', { replace: asked })}
      </span>
    </>
  );
}

/** What happened so far, on a page of its own; nothing where the entity's page has no environments tab. */
function TimelineLink({ promotion: { id, to } }: { promotion: Promotion }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const pageOf = useRouteRef(promotionRouteRef);
  return pageOf ? (
    <Link
      href={pageOf({ id })}
      className={`${shared.link} ${styles.more}`}
      aria-label={t('step.timelineLabel', { to })}
    >
      {t('step.timeline')}
    </Link>
  ) : null;
}

type Translate = ReturnType<
  typeof useTranslationRef<(typeof gitopsTranslationRef)['T']>
>['t'];

function announcement(
  { state, to, pullRequest }: Promotion,
  t: Translate,
): string {
  if (state === 'merged') {
    return t('step.announceMerged', { to });
  }
  return state === 'open' && pullRequest
    ? t('step.announceOpen', { to, number: String(pullRequest.number) })
    : t('step.announceRequested', { to });
}
