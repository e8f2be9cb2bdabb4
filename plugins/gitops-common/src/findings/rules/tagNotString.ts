import { plainScalarType, plainScalarValue } from '../../tree/plainScalar';
import type { ImagePin } from '../../tree/kustomization';
import type { EnvironmentFacts } from '../EnvironmentFacts';
import type { Diagnosis } from '../Finding';
import type { FindingRule } from '../FindingRule';
import { buildError } from '../evidence/comparison';
import { fileLocation } from '../evidence/location';

/**
 * Contract: `newTag` values are strings. An unquoted `1.10` is a number to YAML, and Kustomize refuses it; a null it
 * drops without a word.
 */
export const tagNotString: FindingRule = {
  code: 'tag-not-string',
  check(facts) {
    return [facts.overlay, ...(facts.bases?.bases ?? [])].flatMap(
      ({ path, pins }) =>
        pins.flatMap(pin =>
          pin.notStrings.map(
            (found): Diagnosis => ({
              ...diagnose(facts, pin, found),
              where: fileLocation(facts, path, found.position),
            }),
          ),
        ),
    );
  },
};

function diagnose(
  facts: EnvironmentFacts,
  { name }: ImagePin,
  { field, written }: ImagePin['notStrings'][number],
): Diagnosis {
  const type = plainScalarType(written);
  if (type === 'null') {
    return {
      severity: 'warning',
      what: `${field} of ${name} is null, so Kustomize leaves it out.`,
      why: `Unquoted, ${written || 'nothing'} is a null to YAML.`,
      fix: `Write the ${field} in quotes, or remove the line.`,
    };
  }
  return {
    severity: 'error',
    what: `${field} of ${name} is not a string, so the overlay does not build and Argo CD keeps the old version.`,
    why:
      type === 'string'
        ? `Its YAML tag makes ${written} something else than a string.`
        : `Unquoted, ${written} is a ${type} to YAML${asRead(written)}.`,
    fix: `Quote it: ${field}: "${written}"`,
    evidence: buildError(facts),
  };
}

function asRead(written: string): string {
  const value = plainScalarValue(written);
  return value === undefined || value === written ? '' : `: ${value}`;
}
