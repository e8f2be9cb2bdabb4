import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { ApplicationRequest } from '../../data/useApplicationRequest';
import { gitopsTranslationRef } from '../../translation';
import { ActionProblem } from '../shared/ActionProblem';
import styles from './EnvironmentsCard.module.css';

/** What became of what Argo CD was asked to do, until the environment shows it. */
export function RequestState(props: {
  request: ApplicationRequest | undefined;
  application: string;
}) {
  const { request, application } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const verb = request?.command === 'sync' ? 'sync' : 'refresh';
  const isDone = request?.kind === 'done';
  return (
    <>
      <p
        role="status"
        className={styles.operation}
        data-tone={isDone ? undefined : 'moving'}
      >
        {(request?.kind === 'asking' || request?.kind === 'accepted') &&
          t(`application.${request.kind}.${verb}`, { application })}
        {(request?.kind === 'running' || isDone) &&
          t(`application.${request.kind}.refresh`, { application })}
      </p>
      {request?.kind === 'refused' && (
        <ActionProblem
          error={request.error}
          title={t(`application.refused.${verb}`, { application })}
          forbiddenTitle={t(`application.refused.${verb}`, { application })}
          conflictTitle={t(`application.refused.${verb}`, { application })}
        />
      )}
    </>
  );
}
