import type { EnvironmentFacts } from '../EnvironmentFacts';
import type { Finding } from '../Finding';
import { overlayLocation } from './location';

const PULL_REASONS = ['ImagePullBackOff', 'ErrImagePull', 'InvalidImageName'];

/** A new pod cannot start because its image cannot be pulled. */
export function imagePullFailed(facts: EnvironmentFacts): Finding[] {
  const failing = (facts.status?.troubles ?? []).filter(trouble =>
    PULL_REASONS.includes(trouble.reason),
  );
  if (failing.length === 0) {
    return [];
  }
  const images = [...new Set(failing.flatMap(trouble => trouble.images))];
  const pin = facts.overlay.pins.find(candidate =>
    images.some(image => image.startsWith(candidate.image)),
  );
  return [
    {
      code: 'image-pull-failed',
      severity: 'error',
      what: `${images.join(
        ', ',
      )} cannot be pulled, so the new version does not start.`,
      why: `${failing[0].kind} ${failing[0].name} is in ${failing[0].reason}.`,
      fix: 'Push the image to the registry, or change the tag to one that is there.',
      evidence: failing[0].message,
      where: overlayLocation(facts, pin?.position),
    },
  ];
}
