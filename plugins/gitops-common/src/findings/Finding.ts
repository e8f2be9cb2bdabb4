import type { SourceLocation } from '../api/types';

/** Codes of the findings that exist; each has a page under `docs/findings/`. @public */
export type FindingCode =
  | 'comparison-error'
  | 'image-pull-failed'
  | 'overlay-unreadable'
  | 'promotion-not-possible'
  | 'tag-not-string'
  | 'upstream-unreachable';

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
