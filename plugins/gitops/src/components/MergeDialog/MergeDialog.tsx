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
import { gitopsPromotionMergePermission } from '@gitops-infra/backstage-plugin-gitops-common';
import type {
  Promotion,
  RepositoryRef,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { describeProblem } from '../../data/errors';
import { NOTHING_OVERRIDDEN, gatesOutcome } from '../../data/gates';
import type { Subject } from '../../data/Subject';
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
  subject: Subject;
  repository: RepositoryRef;
  promotion: Promotion;
  /** The commit of the pull request that is looked at. */
  headCommit: string;
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
  const outcome = gatesOutcome(
    answer?.gates ?? [],
    answer?.override,
    overrideInput,
  );
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
          await githubToken(answer?.asUser, repository.url),
        ),
      );
      onClose();
    } catch (error) {
      setRefusal(error);
      setPending(false);
      if (describeProblem(error).kind === 'conflict') {
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
        {!answer && (
          <div role="status">
            <VisuallyHidden>{t('merge.loading')}</VisuallyHidden>
            <Skeleton width="100%" height="2rem" />
          </div>
        )}
        {answer && answer.gates.length > 0 && (
          <Gates
            gates={answer.gates}
            right={answer.override}
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
            forbiddenAction={t('merge.problem.forbiddenAction', {
              permission: gitopsPromotionMergePermission.name,
              owner: props.subject.owner,
            })}
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
          isDisabled={!answer || outcome.kind !== 'passed'}
          aria-describedby={outcome.kind === 'passed' ? undefined : whyStopped}
        >
          {t('merge.confirm')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
