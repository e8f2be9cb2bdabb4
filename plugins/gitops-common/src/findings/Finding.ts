import type { SourceLocation } from '../api/types';

/** How much a finding matters: `error` stops a promotion or a deployment, `warning` wants a look. @public */
export type FindingSeverity = 'error' | 'warning' | 'info';

/** What is wrong, without the name that it goes by. It names its evidence; it never guesses. @public */
export interface Diagnosis {
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
  /** What Argo CD can be asked to do about it. */
  command?: 'refresh' | 'sync';
}

/** A diagnosis with its code. @public */
export interface Finding extends Diagnosis {
  /** One of `FINDING_CODES`, or the code of a rule that was added. */
  code: string;
  /** The page about the code, where the rule has one of its own. */
  docs?: string;
}
