import { useState } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Radio, RadioGroup, Skeleton, VisuallyHidden } from '@backstage/ui';
import { formatVersion } from '@gitops-infra/backstage-plugin-gitops-common';
import type {
  EarlierStatesResponse,
  OverlayState,
  PromotionRequest,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { gitopsTranslationRef } from '../../translation';
import { PromotionDialog } from '../PromoteDialog/PromotionDialog';
import type { PromotionDialogContext } from '../PromoteDialog/PromotionDialog';
import { ActionProblem } from '../shared/ActionProblem';
import { ExternalLink } from '../shared/ExternalLink';
import { Moment } from '../shared/Moment';
import { PullRequestLink } from '../shared/PullRequestLink';
import { useEarlierStates } from './useEarlierStates';
import styles from './RollbackDialog.module.css';

/** Goes back to the versions that an environment had before. */
export function RollbackDialog(props: PromotionDialogContext) {
  const { subject, service, to } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const { earlier, retry } = useEarlierStates(subject.entity, to);
  const [request, setRequest] = useState<PromotionRequest>();
  return (
    <PromotionDialog
      {...props}
      title={t('rollback.title', { service, to })}
      request={request}
    >
      {earlier.kind === 'loading' && (
        <div role="status" className={styles.loading}>
          <VisuallyHidden>{t('rollback.loading', { to })}</VisuallyHidden>
          <Skeleton width="60%" height="1.25rem" />
          <Skeleton width="100%" height="4rem" />
        </div>
      )}
      {earlier.kind === 'failed' && (
        <ActionProblem
          error={earlier.error}
          title={t('rollback.loadFailed')}
          forbiddenTitle={t('promote.problem.forbidden')}
          conflictTitle={t('rollback.loadFailed')}
          onRetry={retry}
        />
      )}
      {earlier.kind === 'ready' && (
        <States
          response={earlier.response}
          to={to}
          chosen={request?.rollbackTo}
          onChoose={rollbackTo => setRequest({ rollbackTo, to })}
        />
      )}
    </PromotionDialog>
  );
}

function States(props: {
  response: EarlierStatesResponse;
  to: string;
  chosen: string | undefined;
  onChoose: (commit: string) => void;
}) {
  const { to } = props;
  const { states, complete } = props.response;
  const { t } = useTranslationRef(gitopsTranslationRef);
  if (states.length === 0) {
    return (
      <p className={styles.text}>
        {complete ? t('rollback.none', { to }) : t('rollback.noneKnown')}
      </p>
    );
  }
  return (
    <>
      <RadioGroup
        label={t('rollback.states')}
        value={props.chosen ?? null}
        onChange={props.onChoose}
        className={styles.states}
      >
        {states.map((state, index) => (
          <div key={state.commit.sha} className={styles.state}>
            <Radio
              value={state.commit.sha}
              isDisabled={state.problem !== undefined}
              aria-describedby={`earlier-state-${index}`}
            >
              <span className={styles.versions}>
                <Versions state={state} />
              </span>
            </Radio>
            <p id={`earlier-state-${index}`} className={styles.made}>
              <Made state={state} />
            </p>
          </div>
        ))}
      </RadioGroup>
      {!complete && <p className={styles.made}>{t('rollback.more')}</p>}
    </>
  );
}

function Versions({ state: { pins, problem } }: { state: OverlayState }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  if (problem) {
    return <>{problem}</>;
  }
  if (pins.length === 0) {
    return <>{t('rollback.noPins')}</>;
  }
  const versions = pins.map(({ name, version }) =>
    pins.length === 1
      ? formatVersion(version)
      : t('rollback.pin', { name, version: formatVersion(version) }),
  );
  return <>{versions.join(', ')}</>;
}

/** Who made a state, when, by which commit or promotion. */
function Made({ state: { commit, promotion } }: { state: OverlayState }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const by = {
    commit: promotion ? (
      <PullRequestLink promotion={promotion} />
    ) : (
      <ExternalLink href={commit.url}>{commit.title}</ExternalLink>
    ),
    author: commit.author,
  };
  return commit.authoredAt ? (
    <>
      {t('rollback.byWhen', {
        replace: { ...by, when: <Moment at={commit.authoredAt} /> },
      })}
    </>
  ) : (
    <>{t('rollback.by', { replace: by })}</>
  );
}
