import type { SourceLocation } from '../api/types';

/** Every code that a finding of these plugins can have; each has a page under `docs/findings/`. @public */
export const FINDING_CODES = [
  'auto-sync-disabled',
  'comparison-error',
  'degraded',
  'host-mismatch',
  'host-shared',
  'image-name-differs',
  'image-pull-failed',
  'namespace-mismatch',
  'namespace-shared',
  'not-deployed',
  'other-revision',
  'overridden-outside-git',
  'pin-not-editable',
  'rolled-back',
  'source-not-infra',
  'tag-missing',
  'tag-moved',
  'tag-not-string',
  'unpinned-image',
  'upstream-unreachable',
] as const;

/** @public */
export type FindingCode = (typeof FINDING_CODES)[number];

const DOCS_URL =
  'https://github.com/demo/gitops-infra/blob/main/docs/findings/{code}.md';

/**
 * The page about a finding: that of its rule where it has one, else that of its code.
 *
 * @param template - where the pages are, with `{code}` in place of the code; those of this repository when absent
 * @returns undefined for a code that is none of `FINDING_CODES` and has no page of its own
 * @public
 */
export function findingDocs(
  { code, docs }: Pick<Finding, 'code' | 'docs'>,
  template: string = DOCS_URL,
): string | undefined {
  const isOwn = FINDING_CODES.some(own => own === code);
  return docs ?? (isOwn ? template.replaceAll('{code}', code) : undefined);
}

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
