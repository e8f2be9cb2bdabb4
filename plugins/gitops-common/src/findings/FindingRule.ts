import type { EnvironmentFacts } from './EnvironmentFacts';
import type { Diagnosis } from './Finding';

/**
 * One kind of finding: a pure function of what is known of an environment. It yields nothing where what it needs is not
 * known.
 *
 * @public
 */
export interface FindingRule {
  /** Lower case, with dashes: the name that people talk of it by. */
  code: string;
  /** Address of the page about it; those of this package are under `docs/findings/`. */
  docs?: string;
  check(facts: EnvironmentFacts): Diagnosis[];
}
