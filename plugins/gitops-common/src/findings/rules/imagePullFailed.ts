import { isPullTrouble } from '../../argocd/podReasons';
import { parseImageReference } from '../../images';
import type { EnvironmentFacts, RegistryAnswer } from '../EnvironmentFacts';
import type { FindingRule } from '../FindingRule';
import { overlayLocation } from '../evidence/location';

/** A new pod cannot start because its image cannot be pulled. */
export const imagePullFailed: FindingRule = {
  code: 'image-pull-failed',
  check(facts) {
    const failing = (facts.status?.troubles ?? []).filter(isPullTrouble);
    if (failing.length === 0) {
      return [];
    }
    // A pod's other containers may be well: where the message names the image, it is that one.
    const images = new Set(
      failing.flatMap(trouble => {
        const named = trouble.images.filter(image =>
          trouble.message?.includes(`"${image}"`),
        );
        return named.length > 0 ? named : trouble.images;
      }),
    );
    const running = [...images].map(image => parseImageReference(image).image);
    const pin = facts.overlay.pins.find(({ image }) => running.includes(image));
    const { registry, fix } = registrySays([...images], facts);
    return [
      {
        severity: 'error',
        what: `${[...images].join(
          ', ',
        )} cannot be pulled, so the new version does not start.`,
        why: `${failing[0].kind} ${failing[0].name} is in ${failing[0].reason}${registry}.`,
        fix,
        evidence: failing[0].message,
        where: overlayLocation(facts, pin?.position),
      },
    ];
  },
};

function registrySays(
  images: string[],
  facts: EnvironmentFacts,
): { registry: string; fix: string } {
  const answers = images.map(image => facts.registry?.get(image)?.state);
  const all = (state: RegistryAnswer['state']) =>
    answers.length > 0 && answers.every(answer => answer === state);
  if (all('exists')) {
    return {
      registry: '; the registry has the image',
      fix: 'Look at what keeps the cluster from the registry: imagePullSecrets of the pod, and the network between them.',
    };
  }
  return {
    registry: answers.includes('missing')
      ? '; the registry does not have the image'
      : '',
    fix: 'Push the image to the registry, or change the tag to one that is there.',
  };
}
