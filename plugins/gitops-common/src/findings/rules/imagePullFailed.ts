import { parseImageReference } from '../../images';
import type { EnvironmentFacts } from '../EnvironmentFacts';
import type { Finding } from '../Finding';
import { overlayLocation } from './location';

// The kubelet's reasons for an image that it cannot get; Argo CD writes `Init:` before those of init containers.
const PULL_REASON =
  /^(Init:)?(ImagePullBackOff|ErrImagePull|ErrImageNeverPull|InvalidImageName|ImageInspectError|RegistryUnavailable)$/;

/** A new pod cannot start because its image cannot be pulled. */
export function imagePullFailed(facts: EnvironmentFacts): Finding[] {
  const failing = (facts.status?.troubles ?? []).filter(trouble =>
    PULL_REASON.test(trouble.reason),
  );
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
  return [
    {
      code: 'image-pull-failed',
      severity: 'error',
      what: `${[...images].join(
        ', ',
      )} cannot be pulled, so the new version does not start.`,
      why: `${failing[0].kind} ${failing[0].name} is in ${failing[0].reason}.`,
      fix: 'Push the image to the registry, or change the tag to one that is there.',
      evidence: failing[0].message,
      where: overlayLocation(facts, pin?.position),
    },
  ];
}
