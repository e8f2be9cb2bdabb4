import { parseImageReference } from '../../images';
import type { ImagePin } from '../../tree/kustomization';
import type { ApplicationStatus } from '../../argocd/ApplicationStatus';
import type { FindingRule } from '../FindingRule';
import { overlayLocation } from './location';

/** An image whose version Git does not decide: `latest`, written or left to be it. */
export const unpinnedImage: FindingRule = {
  code: 'unpinned-image',
  check(facts) {
    return facts.overlay.pins
      .filter(pin => floats(pin, facts.status))
      .map(pin => ({
        severity: 'warning',
        what: `${pin.name} runs as ${pin.image}:latest, which is another image after every push.`,
        why: pin.version.tag
          ? 'The overlay pins the tag latest.'
          : 'Neither the overlay nor what it is built on gives it a version: that is latest.',
        fix: 'Pin the version that should run, by tag or digest; it can then be promoted and rolled back.',
        where: overlayLocation(facts, pin.position),
      }));
  },
};

function floats(pin: ImagePin, status?: ApplicationStatus): boolean {
  const { tag, digest } = pin.version;
  if (digest !== undefined) {
    return false;
  }
  if (tag !== undefined) {
    return tag === 'latest';
  }
  // Without a version in the overlay the base decides, which is seen in what runs.
  return (status?.images ?? [])
    .map(parseImageReference)
    .some(
      ({ image, version }) =>
        image === pin.image &&
        version.digest === undefined &&
        (version.tag ?? 'latest') === 'latest',
    );
}
