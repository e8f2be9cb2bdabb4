import type { ImageVersion } from '../../api/types';
import type { ApplicationStatus } from '../../argocd/ApplicationStatus';
import { parseImageReference, runsVersion } from '../../images';
import { isVersioned } from '../../sharedImages';
import type { ImagePin } from '../../tree/kustomization';
import type { EnvironmentFacts } from '../EnvironmentFacts';
import { imageOverrides } from './imageOverrides';

/**
 * Pins of which another version runs, and not the one that Git wants. Of an image that runs nowhere, as with no replicas,
 * nothing can be told.
 */
export function waitingPins(facts: EnvironmentFacts): ImagePin[] {
  const live = liveVersions(facts.status);
  return followingPins(facts).filter(pin => {
    const running = live.get(pin.image) ?? [];
    return (
      isVersioned(pin) &&
      running.length > 0 &&
      !running.some(version => runsVersion(version, pin.version))
    );
  });
}

/** Pins that are deployed: what the Application overrides does not follow the overlay. */
export function followingPins(facts: EnvironmentFacts): ImagePin[] {
  const overridden = imageOverrides(facts).map(({ name }) => name);
  return facts.overlay.pins.filter(({ name }) => !overridden.includes(name));
}

/** The versions of all pods, those that have ended too, by image. */
export function liveVersions(
  status: ApplicationStatus | undefined,
): Map<string, ImageVersion[]> {
  const live = new Map<string, ImageVersion[]>();
  for (const { image, version } of (status?.images ?? []).map(
    parseImageReference,
  )) {
    live.set(image, [...(live.get(image) ?? []), version]);
  }
  return live;
}
