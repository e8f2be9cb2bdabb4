import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button } from '@backstage/ui';
import type {
  GitopsRights,
  Promotion,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { decisions } from '../../data/decisions';
import type { Decision } from '../../data/decisions';
import { gitopsTranslationRef } from '../../translation';
import styles from './DecisionButtons.module.css';

/** What one may do with a promotion; nothing where that is nothing. */
export function DecisionButtons(props: {
  promotion: Promotion;
  rights: GitopsRights;
  onDecide: (decision: Decision) => void;
}) {
  const { promotion, rights, onDecide } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const possible = decisions(promotion, rights);
  if (possible.length === 0) {
    return null;
  }
  const about = {
    number: String(promotion.pullRequest?.number ?? ''),
    to: promotion.to,
  };
  return (
    <span className={styles.buttons}>
      {possible.map(decision => (
        <Button
          key={decision}
          size="small"
          variant={decision === 'merge' ? 'secondary' : 'tertiary'}
          className={decision === 'merge' ? styles.outlined : undefined}
          onPress={() => onDecide(decision)}
          aria-label={t(`step.${decision}Label`, about)}
        >
          {t(`step.${decision}`)}
        </Button>
      ))}
    </span>
  );
}
