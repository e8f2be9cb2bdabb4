import type {
  EnvironmentsResponse,
  Promotion,
} from '@gitops-infra/backstage-plugin-gitops-common';
import type { Decision } from '../../data/decisions';
import { CloseDialog } from '../CloseDialog/CloseDialog';
import { MergeDialog } from '../MergeDialog/MergeDialog';

/** Asks once more, and does what was decided. */
export function DecisionDialog(props: {
  decision: Decision;
  response: Pick<EnvironmentsResponse, 'repository' | 'asUser'>;
  promotion: Promotion;
  onPromotion: (promotion: Promotion) => void;
  onClose: () => void;
}) {
  const { decision, response, ...rest } = props;
  const { headCommit } = rest.promotion;
  if (decision === 'merge') {
    return (
      headCommit !== undefined && (
        <MergeDialog
          {...rest}
          headCommit={headCommit}
          repository={response.repository}
          asUser={response.asUser}
        />
      )
    );
  }
  return (
    <CloseDialog
      {...rest}
      repositoryUrl={response.repository.url}
      asUser={response.asUser}
    />
  );
}
