import { useMemo } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button } from '@backstage/ui';
import type {
  EnvironmentsResponse,
  Promotion,
} from '@gitops-infra/backstage-plugin-gitops-common';
import type { Decision } from '../../data/decisions';
import type { Subject } from '../../data/Subject';
import { gitopsTranslationRef } from '../../translation';
import { DecisionButtons } from '../Decision/DecisionButtons';
import { DecisionDialog } from '../Decision/DecisionDialog';
import { PromotionDialog as PreviewDialog } from '../PromoteDialog/PromotionDialog';
import { RollbackDialog } from '../RollbackDialog/RollbackDialog';
import styles from './EnvironmentsTab.module.css';

/** A dialog that the page of a promotion opens. */
export type PromotionDialog = Decision | 'again' | 'rollback';

/** What one may do about a promotion, and the dialog that was opened. */
export function PromotionActions(props: {
  subject: Subject;
  response: EnvironmentsResponse;
  promotion: Promotion;
  dialog: PromotionDialog | undefined;
  onDialog: (dialog: PromotionDialog | undefined) => void;
  onPromotion: (promotion: Promotion) => void;
}) {
  const { subject, response, promotion, dialog, onDialog } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const { rights, environments, service } = response;
  const { to, state } = promotion;
  // Into an environment that there is no more nothing can be promoted.
  const mayPromote =
    rights.promote && environments.some(({ name }) => name === to);
  const context = {
    subject,
    service,
    to,
    onPromotion: props.onPromotion,
    onClose: () => onDialog(undefined),
  };
  return (
    <>
      <div className={styles.actions}>
        <DecisionButtons
          promotion={promotion}
          rights={rights}
          onDecide={onDialog}
        />
        {mayPromote && state === 'closed' && (
          <Button
            size="small"
            variant="secondary"
            className={styles.outlined}
            onPress={() => onDialog('again')}
          >
            {t('again.open')}
          </Button>
        )}
        {mayPromote && isOnBranch(state) && (
          <Button
            size="small"
            variant="secondary"
            className={styles.outlined}
            onPress={() => onDialog('rollback')}
          >
            {t('environment.rollback')}
          </Button>
        )}
      </div>
      {(dialog === 'merge' || dialog === 'close') && (
        <DecisionDialog
          {...context}
          decision={dialog}
          response={response}
          promotion={promotion}
        />
      )}
      {dialog === 'again' && <AgainDialog {...context} promotion={promotion} />}
      {dialog === 'rollback' && <RollbackDialog {...context} />}
    </>
  );
}

// What is merged and does not arrive is rolled back as what runs is: by a promotion of its own.
function isOnBranch(state: Promotion['state']): boolean {
  return state === 'merged' || state === 'deployed';
}

/** Asks for the same once more, as it would be now. */
function AgainDialog(
  props: Omit<Parameters<typeof PreviewDialog>[0], 'title' | 'request'> & {
    promotion: Promotion;
  },
) {
  const { promotion, ...context } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  // Read anew, the promotion is another object, and asks for the same.
  const request = useMemo(
    () => {
      const { from, version, rollbackTo, to, changes } = promotion;
      const images = [...new Set(changes.map(({ name }) => name))];
      return { from, version, rollbackTo, to, images };
    },
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [promotion.id],
  );
  return (
    <PreviewDialog
      {...context}
      title={t('again.title', { service: props.service, to: props.to })}
      request={request}
    />
  );
}
