import {
  ImagePin,
  imageReference,
  pinMoves,
  pinReferences,
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
    ...pins.flatMap(pinReferences),
    ...changes.map(({ image, after }) =>
      imageReference({ image, version: after }),
    ),
  ]);
}
