import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { gitopsTranslationRef } from '../../translation';
import { ReloadProblem } from '../EnvironmentsCard/CardProblems';
import { ActionProblem } from '../shared/ActionProblem';
import type { TabContext } from './EnvironmentsTab';

/** Said where what a page shows, or the environments, could not be read: in place of it, or above the last known state. */
export function PageProblem({
  environments,
  page,
}: TabContext & {
  page: { data?: unknown; error?: unknown; reload(): void };
}) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const error = page.error ?? environments.error;
  if (error === undefined) {
    return null;
  }
  const retry = () => {
    page.reload();
    environments.reload();
  };
  return page.data === undefined && page.error !== undefined ? (
    <ActionProblem
      error={error}
      title={t('promotions.loadFailed')}
      forbiddenTitle={t('promotions.forbidden')}
      conflictTitle={t('promotions.loadFailed')}
      onRetry={retry}
    />
  ) : (
    <ReloadProblem error={error} onRetry={retry} />
  );
}
