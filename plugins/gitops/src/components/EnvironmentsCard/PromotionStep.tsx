import { useState } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button } from '@backstage/ui';
import { formatVersion } from '@gitops-infra/backstage-plugin-gitops-common';
import type {
  Environment,
  EnvironmentsResponse,
  Finding,
  GitopsRights,
  PinChange,
  Promotion,
} from '@gitops-infra/backstage-plugin-gitops-common';
import type { Decision } from '../../data/decisions';
import { stepView } from '../../data/steps';
import type { ReadyStep, StepView } from '../../data/steps';
import type { Subject } from '../../data/Subject';
import { gitopsTranslationRef } from '../../translation';
import { DecisionDialog } from '../Decision/DecisionDialog';
import { PromoteDialog } from '../PromoteDialog/PromoteDialog';
import { Location } from '../shared/FindingBox';
import { useFocusKept } from '../shared/useFocusKept';
import { PromotionUnderWay } from './PromotionUnderWay';
import styles from './EnvironmentsCard.module.css';

/** What separates an environment from the one before, and what one can do about it. */
export function PromotionStep(props: {
  subject: Subject;
  response: EnvironmentsResponse;
  environment: Environment;
  /** Absent where nothing is promoted from; a promotion of another kind is shown all the same. */
  from?: string;
  /** True when a line can join the step to the environment on its left. */
  joined: boolean;
  onPromotion: (promotion: Promotion) => void;
}) {
  const { subject, response, environment, from } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const [dialog, setDialog] = useState<
    'promote' | { decision: Decision; promotion: Promotion }
  >();
  const section = useFocusKept(dialog !== undefined);
  const to = environment.name;
  const view = stepView(environment, response.rights);

  return (
    <section
      ref={section}
      tabIndex={-1}
      className={styles.step}
      data-joined={props.joined ? 'true' : undefined}
      aria-label={
        from === undefined
          ? t('step.labelTo', { to })
          : t('step.label', { from, to })
      }
    >
      <div className={styles.stepContent}>
        {!props.joined && from !== undefined && (
          <span className={styles.dim}>{t('step.from', { from })}</span>
        )}
        <StepContent
          view={view}
          from={from ?? ''}
          environment={environment}
          onPromote={() => setDialog('promote')}
          rights={response.rights}
          onDecide={(decision, promotion) => setDialog({ decision, promotion })}
        />
      </div>
      {dialog === 'promote' && from !== undefined && (
        <PromoteDialog
          subject={subject}
          service={response.service}
          from={from}
          to={to}
          onPromotion={props.onPromotion}
          onClose={() => setDialog(undefined)}
        />
      )}
      {typeof dialog === 'object' && (
        <DecisionDialog
          {...dialog}
          response={response}
          onPromotion={props.onPromotion}
          onClose={() => setDialog(undefined)}
        />
      )}
    </section>
  );
}

function StepContent(props: {
  view: StepView | undefined;
  from: string;
  environment: Environment;
  rights: GitopsRights;
  onPromote: () => void;
  onDecide: (decision: Decision, promotion: Promotion) => void;
}) {
  const { view } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  switch (view?.kind) {
    case 'underWay':
      return (
        <>
          <PromotionUnderWay
            promotion={view.promotion}
            rights={props.rights}
            hindrance={view.hindrance}
            onDecide={decision => props.onDecide(decision, view.promotion)}
          />
          {view.next && <Ready {...props} view={view.next} />}
        </>
      );
    case 'ready':
      return <Ready {...props} view={view} />;
    case 'blocked':
      return (
        <>
          <span className={styles.blocked}>{t('step.blocked')}</span>
          <Reasons findings={view.findings} />
          {view.mayReview && (
            <Button
              size="small"
              variant="secondary"
              onPress={props.onPromote}
              aria-label={t('step.reviewLabel', {
                from: props.from,
                to: props.environment.name,
              })}
            >
              {t('step.review')}
            </Button>
          )}
          <Changes changes={view.changes} />
        </>
      );
    case 'upToDate':
      return <span className={styles.dim}>{t('step.upToDate')}</span>;
    default:
      return null;
  }
}

function Ready(props: {
  view: ReadyStep;
  from: string;
  environment: Environment;
  onPromote: () => void;
}) {
  const { view, from, environment } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  return (
    <>
      {view.mayPromote && (
        <Button
          size="small"
          variant={view.updates === undefined ? 'primary' : 'secondary'}
          onPress={props.onPromote}
          aria-label={
            view.updates === undefined
              ? t('step.promoteLabel', { from, to: environment.name })
              : t('step.updateLabel', { from, number: String(view.updates) })
          }
        >
          {view.updates === undefined ? t('step.promote') : t('step.update')}
        </Button>
      )}
      <Changes changes={view.changes} />
    </>
  );
}

function Changes({ changes }: { changes: PinChange[] }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  if (changes.length === 0) {
    return null;
  }
  return (
    <ul className={styles.changes}>
      {changes.map(({ name, before, after }) => {
        const versions = {
          before: formatVersion(before),
          after: formatVersion(after),
        };
        return (
          <li key={name} className={styles.dim}>
            {changes.length > 1
              ? t('step.imageVersions', { image: name, ...versions })
              : t('step.versions', versions)}
          </li>
        );
      })}
    </ul>
  );
}

/** Why nothing can be promoted; the whole findings stand in their environments. */
function Reasons({ findings }: { findings: Finding[] }) {
  return (
    <ul className={styles.reasons}>
      {findings.map(({ code, what, where }, index) => (
        <li key={`${code} ${index}`}>
          {what} {where && <Location location={where} />}
        </li>
      ))}
    </ul>
  );
}
