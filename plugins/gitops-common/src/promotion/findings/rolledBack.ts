import type { PinChange } from '../../api/types';
import { formatVersion, sameVersion } from '../../images';
import type { Finding } from '../../findings/Finding';
import { goesBack, MergedChange } from '../goesBack';

/**
 * A version that comes again was taken back from the target: somebody had a reason.
 *
 * @param merged - what was merged into the target before, newest first
 */
export function rolledBack(
  changes: PinChange[],
  to: string,
  merged: readonly MergedChange[],
): Finding[] {
  return changes.flatMap((change): Finding[] => {
    const takenBackBy = whatTookBack(change, merged);
    return takenBackBy
      ? [
          {
            code: 'rolled-back',
            severity: 'warning',
            what: `${to} was rolled back from ${change.name} ${formatVersion(
              change.after,
            )}.`,
            why: takenBackBy.pullRequest
              ? `Pull request #${takenBackBy.pullRequest.number} took it back: ${takenBackBy.title}`
              : `It was taken back: ${takenBackBy.title}`,
            fix: 'Find out why before it comes again, or promote a version in which that is mended.',
            where: change.location,
          },
        ]
      : [];
  });
}

function whatTookBack(
  { name, image, after }: PinChange,
  merged: readonly MergedChange[],
): MergedChange | undefined {
  const pinOf = ({ changes }: MergedChange) =>
    changes.find(pin => pin.name === name && pin.image === image);
  // The last that brought the version or took it away.
  const index = merged.findIndex(promotion => {
    const pin = pinOf(promotion);
    return (
      pin && (sameVersion(pin.before, after) || sameVersion(pin.after, after))
    );
  });
  const last = merged[index];
  const pin = last && pinOf(last);
  return pin &&
    !sameVersion(pin.after, after) &&
    goesBack({ ...last, changes: [pin] }, merged.slice(index + 1))
    ? last
    : undefined;
}
