import { imageReference } from '../../images';
import type { ImageVersion, SourceLocation } from '../../api/types';
import type { EnvironmentFacts } from '../EnvironmentFacts';
import type { Diagnosis } from '../Finding';
import type { FindingRule } from '../FindingRule';
import { overlayLocation } from '../evidence/location';

/** The registry does not have what the overlay pins: the pods will not start. */
export const tagMissing: FindingRule = {
  code: 'tag-missing',
  check(facts) {
    return facts.overlay.pins.flatMap(({ image, version, position }) =>
      versionMissing(
        facts.registry,
        image,
        version,
        overlayLocation(facts, position),
      ),
    );
  },
};

/** What a registry's answer says against a version, wherever it is pinned or going to be. */
export function versionMissing(
  registry: EnvironmentFacts['registry'],
  image: string,
  version: ImageVersion,
  where: SourceLocation,
): Diagnosis[] {
  const reference = imageReference({ image, version });
  const answer = registry?.get(reference);
  switch (answer?.state) {
    case 'missing':
      return [
        {
          severity: 'error',
          what: `The registry does not have ${reference}.`,
          why: 'A pod that needs it ends in ImagePullBackOff.',
          fix: 'Push the image, or change the version to one that is there.',
          where,
        },
      ];
    case 'unknown':
      return [
        {
          severity: 'info',
          what: `Whether the registry has ${reference} could not be checked.`,
          why: answer.reason,
          fix: 'Nothing has to be changed; it is checked again.',
          where,
        },
      ];
    default:
      return [];
  }
}
