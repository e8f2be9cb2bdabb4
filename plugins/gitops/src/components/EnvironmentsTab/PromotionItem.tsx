import { useId } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type {
  EnvironmentsResponse,
  PromotionDetails,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { whyStuck } from '../../data/promotionLook';
import { gitopsTranslationRef } from '../../translation';
import { PromotionLink } from '../shared/PromotionLink';
import { PromotionState } from './PromotionState';
import { PromotionSummary } from './PromotionSummary';
import styles from './EnvironmentsTab.module.css';

/** A promotion in the list. */
export function PromotionItem(props: {
  promotion: PromotionDetails;
  response: EnvironmentsResponse;
}) {
  const { promotion, response } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const titleId = useId();
  const stuck = whyStuck(promotion, response);
  return (
    <li className={styles.item} aria-labelledby={titleId}>
      <div className={styles.itemHeader}>
        <PromotionState promotion={promotion} response={response} />
        <span id={titleId} className={styles.itemTitle}>
          <PromotionLink id={promotion.id}>{promotion.title}</PromotionLink>
        </span>
      </div>
      <PromotionSummary promotion={promotion} />
      {stuck && (
        <p className={styles.problem}>
          {t('step.stuck', { what: stuck.what })}
        </p>
      )}
    </li>
  );
}
