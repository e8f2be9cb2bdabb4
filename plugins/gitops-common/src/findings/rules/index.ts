import type { FindingRule } from '../FindingRule';
import { autoSyncDisabled } from './autoSyncDisabled';
import { comparisonError } from './comparisonError';
import { degraded } from './degraded';
import { environmentNameShared } from './environmentNameShared';
import { hostMismatch } from './hostMismatch';
import { hostShared } from './hostShared';
import { imagePullFailed } from './imagePullFailed';
import { namespaceMismatch } from './namespaceMismatch';
import { namespaceShared } from './namespaceShared';
import { notDeployed } from './notDeployed';
import { overriddenOutsideGit } from './overriddenOutsideGit';
import { sourceNotInfra } from './sourceNotInfra';
import { tagMissing } from './tagMissing';
import { tagMoved } from './tagMoved';
import { tagNotString } from './tagNotString';
import { unpinnedImage } from './unpinnedImage';
import { upstreamUnreachable } from './upstreamUnreachable';

/** The rules of these plugins: first what the tree says, then what runs. @public */
export const FINDING_RULES: readonly FindingRule[] = [
  sourceNotInfra,
  environmentNameShared,
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
