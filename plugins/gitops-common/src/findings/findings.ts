import type { EnvironmentFacts } from './EnvironmentFacts';
import type { Finding } from './Finding';
import type { FindingRule } from './FindingRule';
import { FINDING_RULES } from './rules';

// Those that only the plan of a promotion has.
const CODES_OF_PLANS = [
  'image-name-differs',
  'other-revision',
  'pin-not-editable',
  'rolled-back',
];

/** Every code that a finding of these plugins can have; each has a page under `docs/findings/`. @public */
export const FINDING_CODES: readonly string[] = [
  ...FINDING_RULES.map(({ code }) => code),
  ...CODES_OF_PLANS,
].sort();

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
  const isOwn = FINDING_CODES.includes(code);
  return docs ?? (isOwn ? template.replaceAll('{code}', code) : undefined);
}

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
