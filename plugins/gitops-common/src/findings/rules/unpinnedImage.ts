import { parseImageReference } from '../../images';
import type { ImagePin } from '../../tree/kustomization';
import type { ApplicationStatus } from '../../argocd/ApplicationStatus';
import type { FindingRule } from '../FindingRule';
import { overlayLocation } from '../evidence/location';

/** An image whose version Git does not decide: `latest`, written or left to be it. */
export const unpinnedImage: FindingRule = {
  code: 'unpinned-image',
  check(facts) {
    const latest = runningLatest(facts.status);
    return facts.overlay.pins
      .filter(pin => floats(pin, latest))
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

function floats({ image, version }: ImagePin, latest: Set<string>): boolean {
  const { tag, digest } = version;
  if (digest !== undefined) {
    return false;
  }
  // Without a version in the overlay the base decides, which is seen in what runs.
  return tag === undefined ? latest.has(image) : tag === 'latest';
}

function runningLatest(status: ApplicationStatus | undefined): Set<string> {
  return new Set(
    (status?.images ?? [])
      .map(parseImageReference)
      .filter(
        ({ version: { tag = 'latest', digest } }) =>
          digest === undefined && tag === 'latest',
      )
      .map(({ image }) => image),
  );
}
