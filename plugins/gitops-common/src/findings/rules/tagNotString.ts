import { plainScalarType } from '../../tree/plainScalar';
import type { EnvironmentFacts } from '../EnvironmentFacts';
import type { Finding } from '../Finding';
import { buildError } from './comparison';
import { overlayLocation } from './location';

/**
 * Contract: `newTag` values are strings. An unquoted `1.10` is a number to YAML, and Kustomize refuses it; a null it
 * drops without a word.
 */
export function tagNotString(facts: EnvironmentFacts): Finding[] {
  return facts.overlay.pins.flatMap(pin =>
    pin.notStrings.map(({ field, written, position }): Finding => {
      const type = plainScalarType(written);
      const where = overlayLocation(facts, position);
      return type === 'null'
        ? {
            code: 'tag-not-string',
            severity: 'warning',
            what: `${field} of ${pin.name} is null, so Kustomize leaves it out.`,
            why: `Unquoted, ${written || 'nothing'} is a null to YAML.`,
            fix: `Write the ${field} in quotes, or remove the line.`,
            where,
          }
        : {
            code: 'tag-not-string',
            severity: 'error',
            what: `${field} of ${pin.name} is not a string, so the overlay does not build and Argo CD keeps the old version.`,
            why:
              type === 'string'
                ? `Its YAML tag makes ${written} something else than a string.`
                : `Unquoted, ${written} is a ${type} to YAML.`,
            fix: `Quote it: ${field}: "${written}"`,
            evidence: buildError(facts),
            where,
          };
    }),
  );
}
