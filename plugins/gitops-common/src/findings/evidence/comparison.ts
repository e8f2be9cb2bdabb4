import type { EnvironmentFacts } from '../EnvironmentFacts';

// Argo CD's repo server being away is a ComparisonError too, but not the overlay's fault.
const REPO_SERVER_AWAY = 'code = Unavailable';

/** What Kustomize or Argo CD says of manifests that it cannot render. */
export function buildError(facts: EnvironmentFacts): string | undefined {
  return (
    facts.buildError ??
    comparisonErrors(facts).find(message => !message.includes(REPO_SERVER_AWAY))
  );
}

/** What Argo CD says when it could not even try to render them. */
export function repoServerError(facts: EnvironmentFacts): string | undefined {
  return comparisonErrors(facts).find(message =>
    message.includes(REPO_SERVER_AWAY),
  );
}

/** What keeps Argo CD from comparing, in its words. */
export function comparisonErrors({ status }: EnvironmentFacts): string[] {
  return (status?.conditions ?? [])
    .filter(({ type }) => type === 'ComparisonError')
    .map(({ message }) => message);
}
