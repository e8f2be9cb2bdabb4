import type { EnvironmentFacts } from '../EnvironmentFacts';
import type { Finding } from '../Finding';
import { plainScalarType } from '../../tree/plainScalar';
import { overlayLocation } from './location';

/** Contract: `newTag` values are strings. An unquoted `1.10` is a number to YAML, and Kustomize refuses it. */
export function tagNotString(facts: EnvironmentFacts): Finding[] {
  return facts.overlay.pins.flatMap(pin =>
    pin.notStrings.map(
      ({ field, written, position }): Finding => ({
        code: 'tag-not-string',
        severity: 'error',
        what: `${field} of ${pin.name} is not a string, so the overlay does not build and Argo CD keeps the old version.`,
        why: `Unquoted, ${written} is a ${plainScalarType(written)} to YAML.`,
        fix: `Quote it: ${field}: "${written}"`,
        evidence: facts.status?.conditions.find(
          condition => condition.type === 'ComparisonError',
        )?.message,
        where: overlayLocation(facts, position),
      }),
    ),
  );
}
