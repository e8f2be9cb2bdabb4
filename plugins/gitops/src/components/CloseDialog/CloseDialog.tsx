import { useState } from 'react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
} from '@backstage/ui';
import type { Promotion } from '@gitops-infra/backstage-plugin-gitops-common';
import { useGithubToken } from '../../data/useGithubToken';
import { gitopsApiRef } from '../../gitopsApiRef';
import { gitopsTranslationRef } from '../../translation';
import { ActionProblem } from '../shared/ActionProblem';
import { PullRequestLink } from '../shared/PullRequestLink';
import styles from '../shared/Confirmation.module.css';

/** Asks once more before a promotion's pull request is closed, or is not opened any more, and does that. */
export function CloseDialog(props: {
  /** Page of the repository that the pull request is in. */
  repositoryUrl: string;
  /** Whether it has to be closed with the person's own GitHub token. */
  asUser: boolean | undefined;
  promotion: Promotion;
  onPromotion: (promotion: Promotion) => void;
  onClose: () => void;
}) {
  const { promotion, onClose } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const api = useApi(gitopsApiRef);
  const githubToken = useGithubToken();
  const words = useWords(promotion);
  const [pending, setPending] = useState(false);
  const [refusal, setRefusal] = useState<unknown>();

  const confirm = async () => {
    setPending(true);
    setRefusal(undefined);
    try {
      props.onPromotion(
        await api.closePromotion(
          promotion.id,
          await githubToken(props.asUser, props.repositoryUrl),
        ),
      );
      onClose();
    } catch (error) {
      setRefusal(error);
      setPending(false);
    }
  };

  return (
    <Dialog
      isOpen
      onOpenChange={isOpen => !isOpen && onClose()}
      isDismissable={!pending}
      width={480}
    >
      <DialogHeader>{words.title} </DialogHeader>
      <DialogBody className={styles.body}>
        <p>
          <PullRequestLink promotion={promotion} />
        </p>
        <p>{words.consequence}</p>
        {refusal !== undefined && (
          <ActionProblem
            error={refusal}
            takesFocus
            title={words.failed}
            forbiddenTitle={t('close.problem.forbidden')}
            conflictTitle={words.conflict}
          />
        )}
      </DialogBody>
      <DialogFooter>
        <Button variant="secondary" onPress={onClose} isDisabled={pending}>
          {t('close.cancel')}
        </Button>
        <Button
          variant="primary"
          destructive
          onPress={confirm}
          isPending={pending}
        >
          {words.confirm}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}

function useWords({ pullRequest, to }: Promotion) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  return pullRequest
    ? {
        title: t('close.title', { number: String(pullRequest.number) }),
        consequence: t('close.consequence', { to }),
        confirm: t('close.confirm'),
        failed: t('close.problem.failed'),
        conflict: t('close.problem.conflict'),
      }
    : {
        title: t('withdraw.title', { to }),
        consequence: t('withdraw.consequence', { to }),
        confirm: t('withdraw.confirm'),
        failed: t('withdraw.failed'),
        conflict: t('withdraw.conflict'),
      };
}
