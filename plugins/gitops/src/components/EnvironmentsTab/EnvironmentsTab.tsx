import { Route, Routes } from 'react-router-dom';
import type { EnvironmentsResponse } from '@gitops-infra/backstage-plugin-gitops-common';
import type { Subject } from '../../data/Subject';
import { useEnvironments } from '../../data/useEnvironments';
import type { EnvironmentsState } from '../../data/useEnvironments';
import { LoadProblem } from '../EnvironmentsCard/CardProblems';
import { LoadingList } from './LoadingList';
import { PodsPage } from './PodsPage';
import { PromotionPage } from './PromotionPage';
import { PromotionsPage } from './PromotionsPage';

/** What every page of the tab is given. */
export interface TabContext {
  subject: Subject;
  response: EnvironmentsResponse;
  /** How the environments are followed; the page says so where they cannot be read. */
  environments: EnvironmentsState;
}

/** The pages below the tab's address. */
export function EnvironmentsTab({ subject }: { subject: Subject }) {
  const environments = useEnvironments(
    subject.entity,
    subject.reference.service,
  );
  const { data: response, error, reload } = environments;
  if (!response) {
    return error ? (
      <LoadProblem error={error} subject={subject} onRetry={reload} />
    ) : (
      <LoadingList />
    );
  }
  const context = { subject, response, environments };
  return (
    <Routes>
      <Route index element={<PromotionsPage {...context} />} />
      <Route path="pods/:environment" element={<PodsPage {...context} />} />
      <Route path="promotions/:id" element={<PromotionPage {...context} />} />
    </Routes>
  );
}
