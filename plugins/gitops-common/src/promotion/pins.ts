import type {
  ImageVersion,
  PinChange,
  PinSkipped,
  ReviewedChange,
} from '../api/types';
import { sameVersion } from '../images';
import { isVersioned } from '../sharedImages';
import type { ImagePin, VersionField } from '../tree/kustomization';

const FIELDS: Record<keyof ImageVersion, VersionField> = {
  tag: 'newTag',
  digest: 'digest',
};
const KINDS = ['tag', 'digest'] as const;

/** The pins that move from one overlay to another, and those that stay, with the reason. @public */
export interface PinMoves {
  changes: Omit<PinChange, 'location'>[];
  skipped: PinSkipped[];
}

/**
 * Compares the pins of two overlays by `name`. Only what the target pins already is moved, and only in the kind that
 * it is pinned by: a tag never turns into a digest.
 *
 * @param options.chosen - names of the pins to move; all when absent
 * @param options.quotes - whether a version is written again that is there already, but not as a string
 * @public
 */
export function pinMoves(
  source: Pick<ImagePin, 'name' | 'version'>[],
  target: ImagePin[],
  options: { chosen?: string[]; quotes?: boolean } = {},
): PinMoves {
  const { chosen, quotes = false } = options;
  const moves: PinMoves = { changes: [], skipped: [] };
  const skip = (name: string, reason: PinSkipped['reason']) =>
    moves.skipped.push({ name, reason });

  for (const to of target) {
    const from = source.find(pin => pin.name === to.name);
    if (!from) {
      skip(to.name, 'only-in-target');
    } else if (
      sameVersion(from.version, to.version) &&
      !(quotes && quotesPin(to, from.version))
    ) {
      skip(to.name, 'same-version');
    } else if (chosen && !chosen.includes(to.name)) {
      skip(to.name, 'not-chosen');
    } else if (!fits(from.version, to)) {
      skip(
        to.name,
        isVersioned(from) && isVersioned(to)
          ? 'tag-against-digest'
          : 'no-version',
      );
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
  one: ReviewedChange[],
  other: ReviewedChange[],
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

/** Whether writing a version makes a string of something in the pin that is none. */
export function quotesPin(pin: ImagePin, version: ImageVersion): boolean {
  return KINDS.some(
    kind => version[kind] !== undefined && isNoString(pin, kind),
  );
}

/** The pin as it is read once a version is written into it. */
export function withVersion(pin: ImagePin, version: ImageVersion): ImagePin {
  return {
    ...pin,
    version: { ...pin.version, ...version },
    notStrings: pin.notStrings.filter(
      ({ field }) =>
        !KINDS.some(
          kind => FIELDS[kind] === field && version[kind] !== undefined,
        ),
    ),
  };
}

// The pin has a place for all of the version, and nothing of another kind that would stay beside it.
function fits(version: ImageVersion, pin: ImagePin): boolean {
  return KINDS.every(kind =>
    version[kind] === undefined
      ? pin.version[kind] === undefined
      : pin.version[kind] !== undefined || isNoString(pin, kind),
  );
}

function isNoString(pin: ImagePin, kind: keyof ImageVersion): boolean {
  return pin.notStrings.some(({ field }) => field === FIELDS[kind]);
}
