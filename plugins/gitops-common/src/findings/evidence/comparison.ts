import type { EnvironmentFacts } from '../EnvironmentFacts';
import { sourceOverrides } from './sourceOverrides';

// Argo CD's repo server being away is a ComparisonError too, but not the overlay's fault.
const REPO_SERVER_AWAY = 'code = Unavailable';

// What Argo CD says of an overlay that it has, and that does not build. Whatever else keeps it from comparing, such as
// credentials that have expired or a cluster that is away, is told in its words, without a cause.
const DOES_NOT_BUILD =
  /kustomize build|invalid Kustomization|app path does not exist/;

/** What Kustomize or Argo CD says of manifests that it cannot render. */
export function buildError(facts: EnvironmentFacts): string | undefined {
  return (
    facts.buildError ??
    messages(facts, 'ComparisonError').find(message =>
      isBuildError(facts, message),
    )
  );
}

/** What Argo CD says when it could not even try to render them. */
export function repoServerError(facts: EnvironmentFacts): string | undefined {
  return messages(facts, 'ComparisonError').find(message =>
    message.includes(REPO_SERVER_AWAY),
  );
}

/** What keeps Argo CD from comparing, where its words name neither the overlay nor its repo server. */
export function otherComparisonError(
  facts: EnvironmentFacts,
): string | undefined {
  return messages(facts, 'ComparisonError').find(
    message =>
      !isBuildError(facts, message) && !message.includes(REPO_SERVER_AWAY),
  );
}

/** What Argo CD says of an Application that it does not accept, as where its project does not permit the destination. */
export function specErrors(facts: EnvironmentFacts): string[] {
  return messages(facts, 'InvalidSpecError');
}

/** Whether Argo CD says why it compares nothing. */
export function isNotCompared(facts: EnvironmentFacts): boolean {
  return (['ComparisonError', 'InvalidSpecError'] as const).some(
    type => messages(facts, type).length > 0,
  );
}

function messages(
  { status }: EnvironmentFacts,
  type: 'ComparisonError' | 'InvalidSpecError',
): string[] {
  return (status?.conditions ?? [])
    .filter(condition => condition.type === type)
    .map(({ message }) => message);
}

// Where the Application deploys something else than Git says, it is not this overlay that Argo CD speaks of.
function isBuildError(facts: EnvironmentFacts, message: string): boolean {
  return (
    DOES_NOT_BUILD.test(message) &&
    !message.includes(REPO_SERVER_AWAY) &&
    sourceOverrides(facts).length === 0
  );
}
