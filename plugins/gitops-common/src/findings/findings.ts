import type { EnvironmentFacts } from './EnvironmentFacts';
import type { Finding } from './Finding';
import {
  comparisonError,
  repoServerUnreachable,
} from './rules/comparisonError';
import { imagePullFailed } from './rules/imagePullFailed';
import { sourceNotInfra } from './rules/sourceNotInfra';
import { tagNotString } from './rules/tagNotString';

const RULES: ((facts: EnvironmentFacts) => Finding[])[] = [
  sourceNotInfra,
  tagNotString,
  comparisonError,
  imagePullFailed,
  repoServerUnreachable,
];

/** Every finding of an environment, the rules' order. @public */
export function findingsOf(facts: EnvironmentFacts): Finding[] {
  return RULES.flatMap(rule => rule(facts));
}
