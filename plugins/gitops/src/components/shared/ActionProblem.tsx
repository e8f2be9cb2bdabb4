import { useEffect, useRef } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button } from '@backstage/ui';
import { describeProblem } from '../../data/errors';
import { gitopsTranslationRef } from '../../translation';
import styles from './shared.module.css';

/** Why the backend did not do what was asked, inside the dialog that asked. */
export function ActionProblem(props: {
  error: unknown;
  /** What did not happen. */
  title: string;
  forbiddenTitle: string;
  conflictTitle: string;
  onRetry?: () => void;
  /** Brings it into view, and the keyboard to it: the button that was pressed may be out of sight, or off by then. */
  takesFocus?: boolean;
}) {
  const { takesFocus } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const { kind, message } = describeProblem(props.error);
  const alert = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (takesFocus) {
      alert.current?.focus();
    }
  }, [takesFocus]);
  let title = props.title;
  let description = message;
  switch (kind) {
    case 'forbidden':
      // A permission that is missing, or a gate that is for others: the backend says which, and whom to ask.
      title = props.forbiddenTitle;
      break;
    case 'conflict':
      title = props.conflictTitle;
      break;
    case 'unauthenticated':
      description = t('promote.problem.unauthenticated');
      break;
    case 'unreachable':
      description = t('promote.problem.unreachable');
      break;
    default:
  }
  return (
    <Alert
      ref={alert}
      className={styles.problem}
      tabIndex={takesFocus ? -1 : undefined}
      role="alert"
      status="danger"
      icon
      title={title}
      description={description}
      customActions={
        props.onRetry &&
        kind !== 'forbidden' && (
          <Button size="small" variant="secondary" onPress={props.onRetry}>
            {t('promote.retry')}
          </Button>
        )
      }
    />
  );
}
