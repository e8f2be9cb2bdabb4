import { useEffect, useId, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  Skeleton,
  VisuallyHidden,
} from '@backstage/ui';
import {
  blockingFindings,
  samePinChanges,
} from '@gitops-infra/backstage-plugin-gitops-common';
import type {
  GateResult,
  Promotion,
  PromotionPlan,
  PromotionPreviewResponse,
  PromotionRequest,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { describeProblem } from '../../data/errors';
import { NOTHING_OVERRIDDEN, gatesOutcome } from '../../data/gates';
import type { Subject } from '../../data/Subject';
import { useGithubToken } from '../../data/useGithubToken';
import { gitopsApiRef } from '../../gitopsApiRef';
import { gitopsTranslationRef } from '../../translation';
import { ActionProblem } from '../shared/ActionProblem';
import { Gates } from '../shared/Gates';
import { WhyStopped } from '../shared/WhyStopped';
import { PlanPreview } from './PlanPreview';
import { PromotionOpened } from './PromotionOpened';
import { usePreview } from './usePreview';
import styles from './PromoteDialog.module.css';

/** What every dialog that opens a promotion is given. */
export interface PromotionDialogContext {
  subject: Subject;
  service: string;
  to: string;
  onPromotion: (promotion: Promotion) => void;
  onClose: () => void;
}

/** Shows what a promotion changes, and opens its pull request. */
export function PromotionDialog(
  props: PromotionDialogContext & {
    title: string;
    /** What is asked for; undefined until a person has chosen it. */
    request: PromotionRequest | undefined;
    /** How it is chosen. */
    children?: ReactNode;
  },
) {
  const { subject, request, onClose } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const api = useApi(gitopsApiRef);
  const githubToken = useGithubToken();
  const { state, retry } = usePreview(subject.entity, request);
  const [pending, setPending] = useState(false);
  const [refusal, setRefusal] = useState<unknown>();
  const [opened, setOpened] = useState<Promotion>();
  const [overrideInput, setOverrideInput] = useState(NOTHING_OVERRIDDEN);
  const footerText = useId();

  // What was refused, or overridden, is not what is asked for any more.
  useEffect(() => {
    setRefusal(undefined);
    setOverrideInput(NOTHING_OVERRIDDEN);
  }, [request]);

  // The button that was pressed is gone by then, and the keyboard's place with it.
  const doneButton = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (opened) {
      doneButton.current?.focus();
    }
  }, [opened]);

  // So is a button that asked for a preview, by then.
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body) {
      body.current?.focus();
    }
  });

  const preview = state.kind === 'ready' ? state.preview : undefined;

  const isUpdate = preview !== undefined && updates(preview);

  const gates = preview && gatesOf(preview);
  const outcome = gatesOutcome(gates ?? [], preview?.override, overrideInput);

  const confirm = async () => {
    if (!request || !preview) {
      return;
    }
    setPending(true);
    setRefusal(undefined);
    try {
      const { promotion } = await api.promote(
        subject.entity,
        {
          ...request,
          ...(outcome.kind === 'passed' &&
            outcome.override && { override: outcome.override }),
          reviewed: preview.plan.changes.map(({ name, before, after }) => ({
            name,
            before,
            after,
          })),
        },
        await githubToken(preview.asUser, preview.plan.repository.url),
      );
      setOpened(promotion);
      props.onPromotion(promotion);
    } catch (error) {
      setRefusal(error);
      if (describeProblem(error).kind === 'conflict') {
        // What is shown, and a reason that was given for it, is not how it is any more.
        setOverrideInput(NOTHING_OVERRIDDEN);
        retry();
      }
    } finally {
      setPending(false);
    }
  };

  return (
    <Dialog
      isOpen
      onOpenChange={isOpen => !isOpen && onClose()}
      // A click beside the dialog must not lose the answer of a request under way.
      isDismissable={!pending}
      width={720}
    >
      <DialogHeader>{props.title}</DialogHeader>
      <DialogBody className={styles.body} ref={body} tabIndex={-1}>
        {opened && <PromotionOpened promotion={opened} />}
        {!opened && refusal !== undefined && (
          <ActionProblem
            error={refusal}
            takesFocus
            title={t('promote.problem.failed')}
            forbiddenTitle={t('promote.problem.forbidden')}
            conflictTitle={t('promote.problem.conflict')}
          />
        )}
        {!opened && props.children}
        {!opened && state.kind === 'loading' && <LoadingPreview />}
        {!opened && state.kind === 'failed' && (
          <ActionProblem
            error={state.error}
            title={t('promote.problem.previewFailed')}
            forbiddenTitle={t('promote.problem.forbidden')}
            conflictTitle={t('promote.problem.conflict')}
            onRetry={retry}
          />
        )}
        {!opened && preview && (
          <PlanPreview
            preview={preview}
            gates={
              gates &&
              gates.length > 0 && (
                <Gates
                  gates={gates}
                  right={preview.override}
                  input={overrideInput}
                  onInput={setOverrideInput}
                />
              )
            }
          />
        )}
      </DialogBody>
      <DialogFooter className={styles.footer}>
        {opened ? (
          <Button variant="primary" onPress={onClose} ref={doneButton}>
            {t('promote.done')}
          </Button>
        ) : (
          <>
            <span className={styles.footerText} id={footerText}>
              {preview && outcome.kind !== 'passed' && (
                <WhyStopped outcome={outcome} input={overrideInput} />
              )}
              {preview &&
                outcome.kind === 'passed' &&
                t(isUpdate ? 'promote.footerUpdate' : 'promote.footer', {
                  repository: preview.plan.repository.slug,
                })}
            </span>
            <Button variant="secondary" onPress={onClose} isDisabled={pending}>
              {t('promote.cancel')}
            </Button>
            <Button
              variant="primary"
              onPress={confirm}
              aria-describedby={footerText}
              isDisabled={
                !preview || !canPromote(preview) || outcome.kind !== 'passed'
              }
              isPending={pending}
            >
              {t(isUpdate ? 'promote.confirmUpdate' : 'promote.confirm')}
            </Button>
          </>
        )}
      </DialogFooter>
    </Dialog>
  );
}

function canPromote({ plan, open }: PromotionPreviewResponse): boolean {
  return (
    // One that is not open on the host yet cannot take another change.
    (!open || open.pullRequest !== undefined || isSame(open, plan)) &&
    plan.changes.length > 0 &&
    plan.files.length > 0 &&
    blockingFindings(plan.findings).length === 0
  );
}

// An open pull request that asks for exactly this is found again, whatever the gates say of it today.
function gatesOf({ plan, open }: PromotionPreviewResponse): GateResult[] {
  return plan.changes.length === 0 || (open && isSame(open, plan))
    ? []
    : plan.gates;
}

function updates({ plan, open }: PromotionPreviewResponse): boolean {
  return open?.pullRequest !== undefined && !isSame(open, plan);
}

function isSame(open: Promotion, plan: PromotionPlan): boolean {
  return samePinChanges(open.changes, plan.changes);
}

function LoadingPreview() {
  const { t } = useTranslationRef(gitopsTranslationRef);
  return (
    <div role="status" className={styles.loading}>
      <VisuallyHidden>{t('promote.loading')}</VisuallyHidden>
      <Skeleton width="60%" height="1.25rem" />
      <Skeleton width="100%" height="2rem" />
      <Skeleton width="100%" height="8rem" />
    </div>
  );
}
