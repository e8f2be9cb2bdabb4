import type { SourceLocation } from '../api/types';

/** Every code that a finding can have; each has a page under `docs/findings/`. @public */
export const FINDING_CODES = [
  'comparison-error',
  'image-name-differs',
  'image-pull-failed',
  'other-revision',
  'pin-not-editable',
  'source-not-infra',
  'tag-not-string',
  'upstream-unreachable',
] as const;

/** @public */
export type FindingCode = (typeof FINDING_CODES)[number];

/** How much a finding matters: `error` stops a promotion or a deployment, `warning` wants a look. @public */
export type FindingSeverity = 'error' | 'warning' | 'info';

/**
 * A diagnosis. It names its evidence; it never guesses.
 * @public
 */
export interface Finding {
  code: FindingCode;
  severity: FindingSeverity;
  /** What is wrong, in one sentence. */
  what: string;
  /** Why it is so. */
  why: string;
  /** What to do. */
  fix: string;
  /** What was seen: Argo CD's message, the text in the file. */
  evidence?: string;
  where?: SourceLocation;
}
