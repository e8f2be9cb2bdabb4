import type { EnvironmentFacts } from './EnvironmentFacts';
import type { Finding } from './Finding';
import type { FindingRule } from './FindingRule';
import { autoSyncDisabled } from './rules/autoSyncDisabled';
import { comparisonError } from './rules/comparisonError';
import { degraded } from './rules/degraded';
import { hostMismatch } from './rules/hostMismatch';
import { hostShared } from './rules/hostShared';
import { imagePullFailed } from './rules/imagePullFailed';
import { namespaceMismatch } from './rules/namespaceMismatch';
import { namespaceShared } from './rules/namespaceShared';
import { notDeployed } from './rules/notDeployed';
import { overriddenOutsideGit } from './rules/overriddenOutsideGit';
import { sourceNotInfra } from './rules/sourceNotInfra';
import { tagMissing } from './rules/tagMissing';
import { tagMoved } from './rules/tagMoved';
import { tagNotString } from './rules/tagNotString';
import { unpinnedImage } from './rules/unpinnedImage';
import { upstreamUnreachable } from './rules/upstreamUnreachable';

/** The rules of these plugins: first what the tree says, then what runs. @public */
export const FINDING_RULES: readonly FindingRule[] = [
  sourceNotInfra,
  tagNotString,
  comparisonError,
  namespaceShared,
  namespaceMismatch,
  hostShared,
  unpinnedImage,
  tagMissing,
  tagMoved,
  overriddenOutsideGit,
  notDeployed,
  hostMismatch,
  imagePullFailed,
  degraded,
  autoSyncDisabled,
  upstreamUnreachable,
];

// More of one kind nobody reads; a hostile overlay could have thousands.
const MAX_OF_A_RULE = 100;

/** Every finding of an environment, in the rules' order. @public */
export function findingsOf(
  facts: EnvironmentFacts,
  rules: readonly FindingRule[] = FINDING_RULES,
): Finding[] {
  return rules.flatMap(({ code, docs, check }) =>
    check(facts)
      .slice(0, MAX_OF_A_RULE)
      .map(diagnosis => ({
        code,
        ...(docs && { docs }),
        ...diagnosis,
      })),
  );
}
