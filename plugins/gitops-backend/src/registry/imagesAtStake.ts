import {
  ImagePin,
  imageReference,
  pinMoves,
} from '@gitops-infra/backstage-plugin-gitops-common';

/**
 * The images that an environment pins, and those that it would pin were its source promoted to it, as `imageReference`
 * writes them.
 */
export function imagesAtStake(
  pins: ImagePin[],
  sourcePins: ImagePin[] | undefined,
): Set<string> {
  const { changes } = pinMoves(sourcePins ?? [], pins);
  return new Set([
    ...pins.map(imageReference),
    // Whether the tag beside a digest still is that image, only the tag tells.
    ...pins.flatMap(({ image, version: { tag, digest } }) =>
      tag !== undefined && digest !== undefined
        ? [imageReference({ image, version: { tag } })]
        : [],
    ),
    ...changes.map(({ image, after }) =>
      imageReference({ image, version: after }),
    ),
  ]);
}
