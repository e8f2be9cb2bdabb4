import type { ImageVersion, PinChange, Promotion } from '../api/types';
import { sameVersion } from '../images';

/** A change of a target, and the earlier commit that it names where it is a rollback. @public */
export type TargetChange = Pick<Promotion, 'changes' | 'rollbackTo' | 'undoes'>;

/** A change of a target that was merged. @public */
export type MergedChange = TargetChange &
  Pick<Promotion, 'id' | 'title' | 'pullRequest'>;

/**
 * Whether a change takes its target back. The versions that a target had lie one above the other: a new one is put on
 * top, and going back takes off whatever lies above the one that it goes back to. So what was taken off is not gone back
 * to; it comes again, as something new does.
 *
 * @param merged - what was merged into the target before, newest first
 * @public
 */
export function goesBack(
  change: TargetChange,
  merged: readonly MergedChange[],
): boolean {
  return (
    change.changes.length > 0 &&
    change.changes.every(pin =>
      versionsBelow(pin, change, merged).some(version =>
        sameVersion(version, pin.after),
      ),
    )
  );
}

// Oldest first. What is changed by hand shows in what the next promotion found.
function versionsBelow(
  { name, before }: PinChange,
  asked: TargetChange,
  merged: readonly MergedChange[],
): ImageVersion[] {
  // A target had what a rollback restores before the promotions that it undoes, whether a promotion had brought it or not.
  const rollbacks = [asked, ...merged].filter(
    ({ rollbackTo }) => rollbackTo !== undefined,
  );
  const had = [...merged]
    .reverse()
    .flatMap(({ id, changes }) => [
      ...rollbacks
        .filter(({ undoes = [] }) => undoes[undoes.length - 1]?.id === id)
        .flatMap(rollback => pinNamed(rollback, name)?.after ?? []),
      ...changes
        .filter(pin => pin.name === name)
        .flatMap(pin => [pin.before, pin.after]),
    ]);
  return [...had, before].reduce(putOnTop, []).slice(0, -1);
}

function putOnTop(
  versions: ImageVersion[],
  version: ImageVersion,
): ImageVersion[] {
  const index = versions.findIndex(known => sameVersion(known, version));
  return index < 0 ? [...versions, version] : versions.slice(0, index + 1);
}

function pinNamed({ changes }: TargetChange, name: string) {
  return changes.find(pin => pin.name === name);
}
