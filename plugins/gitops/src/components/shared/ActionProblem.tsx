import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button } from '@backstage/ui';
import { describeProblem } from '../../data/errors';
import { gitopsTranslationRef } from '../../translation';

/** Why the backend did not do what was asked, inside the dialog that asked. */
export function ActionProblem(props: {
  error: unknown;
  /** What did not happen. */
  title: string;
  forbiddenTitle: string;
  /** Which permission is missing and whom to ask. */
  forbiddenAction: string;
  conflictTitle: string;
  onRetry?: () => void;
}) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const { kind, message } = describeProblem(props.error);
  let title = props.title;
  let description = message;
  switch (kind) {
    case 'forbidden':
      title = props.forbiddenTitle;
      description = props.forbiddenAction;
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
