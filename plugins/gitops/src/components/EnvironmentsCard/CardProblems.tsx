import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button } from '@backstage/ui';
import { gitopsEnvironmentReadPermission } from '@gitops-infra/backstage-plugin-gitops-common';
import type { EnvironmentsResponse } from '@gitops-infra/backstage-plugin-gitops-common';
import { describeProblem } from '../../data/errors';
import type { ProblemKind } from '../../data/errors';
import type { Subject } from '../../data/Subject';
import { gitopsTranslationRef } from '../../translation';
import styles from './EnvironmentsCard.module.css';

/** Said in place of the environments when they could not be loaded at all. */
export function LoadProblem(props: {
  error: unknown;
  subject: Subject;
  onRetry: () => void;
}) {
  const { subject } = props;
  const { reference } = subject;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const problem = describeProblem(props.error);
  const texts: Record<ProblemKind, { title: string; action?: string }> = {
    unauthenticated: {
      title: t('problem.unauthenticated.title'),
      action: t('problem.unauthenticated.action'),
    },
    forbidden: {
      title: t('problem.forbidden.title'),
      action: t('problem.forbidden.action', {
        owner: subject.owner,
        permission: gitopsEnvironmentReadPermission.name,
      }),
    },
    notFound: {
      title: t('problem.notFound.title'),
      action:
        reference.service === undefined
          ? t('problem.notFound.applications', {
              annotation: reference.annotation,
            })
          : t('problem.notFound.action', {
              annotation: reference.annotation,
              service: reference.service,
            }),
    },
    conflict: { title: t('problem.failed.title') },
    unreachable: {
      title: t('problem.unreachable.title'),
      action: t('problem.unreachable.action'),
    },
    failed: { title: t('problem.failed.title') },
  };
  const { title, action } = texts[problem.kind];
  if (problem.kind === 'notFound') {
    return (
      <Explanation title={title} message={problem.message} action={action} />
    );
  }
  // Asking again does not give anyone a right.
  const mayRetry = problem.kind !== 'forbidden';
  return (
    <Alert
      role="alert"
      status={problem.kind === 'forbidden' ? 'warning' : 'danger'}
      icon
      title={title}
      description={
        <>
          {problem.message && <p className={styles.line}>{problem.message}</p>}
          {action && <p className={styles.line}>{action}</p>}
        </>
      }
      customActions={
        mayRetry && (
          <Button size="small" variant="secondary" onPress={props.onRetry}>
            {t('card.retry')}
          </Button>
        )
      }
    />
  );
}

/** Said above the last known environments when they could not be loaded again. */
export function ReloadProblem(props: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const problem = describeProblem(props.error);
  return (
    <Alert
      role="status"
      status="warning"
      icon
      mb="3"
      title={t('card.reloadFailed')}
      description={problem.message ?? t('problem.unreachable.action')}
      customActions={
        <Button size="small" variant="secondary" onPress={props.onRetry}>
          {t('card.retry')}
        </Button>
      }
    />
  );
}

/** Said for a service that has no environment. */
export function EmptyService({ response }: { response: EnvironmentsResponse }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const { service, repository } = response;
  return (
    <Explanation
      title={t('empty.title')}
      message={t('empty.message', { service, repository: repository.slug })}
      action={t('empty.action', { service })}
    />
  );
}

function Explanation(props: {
  title: string;
  message?: string;
  action?: string;
}) {
  return (
    <div className={styles.explanation}>
      <p className={styles.explanationTitle}>{props.title}</p>
      {props.message && <p>{props.message}</p>}
      {props.action && <p className={styles.dim}>{props.action}</p>}
    </div>
  );
}
