import type { PinChange } from '../api/types';
import { sameVersion, writeVersion } from '../images';
import { ImagePin, readKustomization } from '../tree/kustomization';

/** What a merge changed, of the pins that its promotion names. @public */
export type MergedChanges =
  | { changes: PinChange[]; /** What is other than planned. */ amended: string }
  /** Why it is not known. */
  | { unknown: string };

/**
 * What a merge with commits of others changed, of the pins that its promotion names; undefined where that is what was
 * planned. A pin that is gone, or stays as it was, is none of the changes.
 *
 * @param overlay - the overlay's file at the merge commit; without a text where it cannot be read
 * @public
 */
export function mergedChanges(
  planned: PinChange[],
  overlay: { path: string; text?: string },
): MergedChanges | undefined {
  const reading =
    overlay.text === undefined ? undefined : readKustomization(overlay.text);
  if (!reading?.ok) {
    return {
      unknown: `What was merged with commits of others is not known: ${
        overlay.path
      } cannot be read at the merge commit${
        reading ? `, ${reading.problem.message}` : ''
      }.`,
    };
  }
  const { images } = reading.kustomization;
  const found = planned.map(change => ({
    change,
    pin: images.find(({ name }) => name === change.name),
  }));
  const others = found.filter(({ change, pin }) => !isAsPlanned(change, pin));
  return others.length === 0
    ? undefined
    : {
        changes: found.flatMap(({ change, pin }) =>
          pin && !isAsBefore(change, pin)
            ? [{ ...change, image: pin.image, after: pin.version }]
            : [],
        ),
        amended: others.map(({ change, pin }) => told(change, pin)).join('; '),
      };
}

function isAsPlanned(
  { image, after }: PinChange,
  pin: ImagePin | undefined,
): boolean {
  return pin?.image === image && sameVersion(pin.version, after);
}

function isAsBefore({ image, before }: PinChange, pin: ImagePin): boolean {
  return pin.image === image && sameVersion(pin.version, before);
}

function told(change: PinChange, pin: ImagePin | undefined): string {
  const { name, image, before, after } = change;
  const written = (version: PinChange['after']) =>
    writeVersion(version) || 'no version';
  if (pin && isAsBefore(change, pin)) {
    return `${name} stays at ${written(before)} in place of ${written(after)}`;
  }
  return pin
    ? `${name} ${written(before)} → ${written(pin.version)}${
        pin.image === image ? '' : ` as ${pin.image}`
      } in place of ${written(after)}`
    : `${name} is not pinned any more`;
}
