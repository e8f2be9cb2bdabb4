import { useId, useState } from 'react';
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
import type {
  MergeGatesResponse,
  Promotion,
  RepositoryRef,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { describeProblem } from '../../data/errors';
import { NOTHING_OVERRIDDEN, gatesOutcome } from '../../data/gates';
import { useGithubToken } from '../../data/useGithubToken';
import { gitopsApiRef } from '../../gitopsApiRef';
import { gitopsTranslationRef } from '../../translation';
import { ActionProblem } from '../shared/ActionProblem';
import { Gates } from '../shared/Gates';
import { PullRequestLink } from '../shared/PullRequestLink';
import { PullRequestStatusLine } from '../shared/PullRequestStatusLine';
import { WhyStopped } from '../shared/WhyStopped';
import styles from '../shared/Confirmation.module.css';
import { useMergeGates } from './useMergeGates';

/** Asks once more before a promotion's pull request is merged, and merges it. */
export function MergeDialog(props: {
  repository: RepositoryRef;
  promotion: Promotion;
  /** The commit of the pull request that is looked at. */
  headCommit: string;
  /** Whether it has to be merged with the person's own GitHub token. */
  asUser: boolean | undefined;
  onPromotion: (promotion: Promotion) => void;
  onClose: () => void;
}) {
  const { promotion, repository, onClose } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const api = useApi(gitopsApiRef);
  const githubToken = useGithubToken();
  const [pending, setPending] = useState(false);
  const [refusal, setRefusal] = useState<unknown>();
  // The pull request can be updated while the dialog is open; what is merged is what it was opened for.
  const [headCommit] = useState(props.headCommit);
  const { answer, askAgain } = useMergeGates(promotion.id);
  const [overrideInput, setOverrideInput] = useState(NOTHING_OVERRIDDEN);
  const asked: MergeGatesResponse =
    answer.kind === 'answered' ? answer : { gates: [] };
  const outcome = gatesOutcome(asked.gates, asked.override, overrideInput);
  const whyStopped = useId();

  const confirm = async () => {
    setPending(true);
    setRefusal(undefined);
    try {
      props.onPromotion(
        await api.mergePromotion(
          promotion.id,
          {
            headCommit,
            ...(outcome.kind === 'passed' &&
              outcome.override && { override: outcome.override }),
          },
          await githubToken(props.asUser, repository.url),
        ),
      );
      onClose();
    } catch (error) {
      setRefusal(error);
      setPending(false);
      if (['conflict', 'forbidden'].includes(describeProblem(error).kind)) {
        // A gate may have closed since they were asked, and a reason was given for what they said then.
        setOverrideInput(NOTHING_OVERRIDDEN);
        askAgain();
      }
    }
  };

  return (
    <Dialog
      isOpen
      onOpenChange={isOpen => !isOpen && onClose()}
      isDismissable={!pending}
      width={480}
    >
      <DialogHeader>
        {t('merge.title', {
          number: String(promotion.pullRequest?.number ?? ''),
        })}
      </DialogHeader>
      <DialogBody className={styles.body}>
        <p>
          <PullRequestLink promotion={promotion} />
        </p>
        {promotion.pullRequestStatus && (
          <p>
            <PullRequestStatusLine status={promotion.pullRequestStatus} />
          </p>
        )}
        <p>
          {t('merge.consequence', {
            branch: repository.branch,
            repository: repository.slug,
            to: promotion.to,
          })}
        </p>
        {answer.kind === 'asking' && (
          <div role="status">
            <VisuallyHidden>{t('merge.loading')}</VisuallyHidden>
            <Skeleton width="100%" height="2rem" />
          </div>
        )}
        {answer.kind === 'failed' && <p>{t('merge.gatesUnknown')}</p>}
        {asked.gates.length > 0 && (
          <Gates
            gates={asked.gates}
            right={asked.override}
            input={overrideInput}
            onInput={setOverrideInput}
          />
        )}
        {outcome.kind !== 'passed' && (
          <p id={whyStopped}>
            <WhyStopped outcome={outcome} input={overrideInput} />
          </p>
        )}
        {refusal !== undefined && (
          <ActionProblem
            error={refusal}
            takesFocus
            title={t('merge.problem.failed')}
            forbiddenTitle={t('merge.problem.forbidden')}
            conflictTitle={t('merge.problem.conflict')}
          />
        )}
      </DialogBody>
      <DialogFooter>
        <Button variant="secondary" onPress={onClose} isDisabled={pending}>
          {t('merge.cancel')}
        </Button>
        <Button
          variant="primary"
          onPress={confirm}
          isPending={pending}
          isDisabled={answer.kind === 'asking' || outcome.kind !== 'passed'}
          aria-describedby={outcome.kind === 'passed' ? undefined : whyStopped}
        >
          {t('merge.confirm')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
