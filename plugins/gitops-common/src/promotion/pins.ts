import type { ImageVersion, PinChange, PinSkipped } from '../api/types';
import { sameVersion } from '../images';
import type { ImagePin } from '../tree/kustomization';

/** The pins that move from one overlay to another, and those that stay, with the reason. @public */
export interface PinMoves {
  changes: Omit<PinChange, 'location'>[];
  skipped: PinSkipped[];
}

/**
 * Compares the pins of two overlays by `name`. Only what the target pins already is moved, and only in the kind that
 * it is pinned by: a tag never turns into a digest.
 *
 * @param chosen - names of the pins to move; all when absent
 * @public
 */
export function pinMoves(
  source: ImagePin[],
  target: ImagePin[],
  chosen?: string[],
): PinMoves {
  const moves: PinMoves = { changes: [], skipped: [] };
  const skip = (name: string, reason: PinSkipped['reason']) =>
    moves.skipped.push({ name, reason });

  for (const to of target) {
    const from = source.find(pin => pin.name === to.name);
    if (!from) {
      skip(to.name, 'only-in-target');
    } else if (sameVersion(from.version, to.version)) {
      skip(to.name, 'same-version');
    } else if (chosen && !chosen.includes(to.name)) {
      skip(to.name, 'not-chosen');
    } else if (!samePinKind(from.version, to.version)) {
      skip(to.name, 'tag-against-digest');
    } else {
      moves.changes.push({
        name: to.name,
        image: to.image,
        before: to.version,
        after: from.version,
      });
    }
  }
  for (const from of source) {
    if (!target.some(pin => pin.name === from.name)) {
      skip(from.name, 'only-in-source');
    }
  }
  return moves;
}

/** Whether two changes of an overlay are the same one, wherever in the file it is. @public */
export function samePinChanges(
  one: Pick<PinChange, 'name' | 'before' | 'after'>[],
  other: Pick<PinChange, 'name' | 'before' | 'after'>[],
): boolean {
  return (
    one.length === other.length &&
    one.every(change =>
      other.some(
        candidate =>
          candidate.name === change.name &&
          sameVersion(candidate.before, change.before) &&
          sameVersion(candidate.after, change.after),
      ),
    )
  );
}

function samePinKind(a: ImageVersion, b: ImageVersion): boolean {
  return (
    (a.tag === undefined) === (b.tag === undefined) &&
    (a.digest === undefined) === (b.digest === undefined)
  );
}
