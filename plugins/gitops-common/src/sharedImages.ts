/** Several pins may run as one image. What runs says which image at which version, and never for which of them. */
import type { ImageVersion } from './api/types';
import { runsVersion, sameVersion } from './images';
import type { ImagePin } from './tree/kustomization';

type Pin = Pick<ImagePin, 'name' | 'image' | 'version'>;

/** Whether a pin says which version, and not the image alone. */
export function isVersioned({ version }: Pick<Pin, 'version'>): boolean {
  return version.tag !== undefined || version.digest !== undefined;
}

/** Whether a version may run for a pin. For one that names none the manifests do, so that it may be any. */
export function mayRunFor(
  pin: Pick<Pin, 'version'>,
  version: ImageVersion,
): boolean {
  return !isVersioned(pin) || runsVersion(version, pin.version);
}

/**
 * The other pins of an overlay that run as the same image. None where the overlay pins something else than the pin says:
 * then another version that runs may as well be the pin's own.
 */
export function pinsBeside(pin: Pin, overlay: readonly Pin[]): Pin[] {
  const isThere = overlay.some(
    ({ name, image, version }) =>
      name === pin.name &&
      image === pin.image &&
      sameVersion(version, pin.version),
  );
  return isThere
    ? overlay.filter(
        ({ name, image }) => name !== pin.name && image === pin.image,
      )
    : [];
}

/**
 * Of the versions that run of an image those that count as a pin's: once its own was seen, what pins beside it want is taken
 * for theirs. Before that nothing tells whose they are.
 *
 * @param seen - what ran and runs no more, where that is known apart
 */
export function versionsOfPin(
  { version: own }: Pick<Pin, 'version'>,
  running: ImageVersion[],
  beside: Pick<Pin, 'version'>[],
  seen: ImageVersion[] = [],
): ImageVersion[] {
  const isOwn = (version: ImageVersion) => runsVersion(version, own);
  return [...running, ...seen].some(isOwn)
    ? running.filter(
        version =>
          isOwn(version) || !beside.some(pin => mayRunFor(pin, version)),
      )
    : running;
}
