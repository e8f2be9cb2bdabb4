import type { PinChange } from '../../api/types';
import type { EnvironmentFacts } from '../../findings/EnvironmentFacts';
import type { Finding } from '../../findings/Finding';
import { tagMissing, versionMissing } from '../../findings/rules/tagMissing';

/** The registry does not have what is going to be promoted. What the target pins today does not matter. */
export function promotedTagMissing(
  changes: PinChange[],
  registry: EnvironmentFacts['registry'],
): Finding[] {
  return changes.flatMap(({ image, after, location }) =>
    versionMissing(registry, image, after, location).map(diagnosis => ({
      code: tagMissing.code,
      ...diagnosis,
    })),
  );
}
