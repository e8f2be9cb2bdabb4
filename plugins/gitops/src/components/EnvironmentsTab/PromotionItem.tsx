import { useId } from 'react';
import type {
  EnvironmentsResponse,
  PromotionDetails,
} from '@gitops-infra/backstage-plugin-gitops-common';
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
  const titleId = useId();
  return (
    <li className={styles.item} aria-labelledby={titleId}>
      <div className={styles.itemHeader}>
        <PromotionState promotion={promotion} response={response} />
        <span id={titleId} className={styles.itemTitle}>
          <PromotionLink id={promotion.id}>{promotion.title}</PromotionLink>
        </span>
      </div>
      <PromotionSummary promotion={promotion} response={response} />
    </li>
  );
}
