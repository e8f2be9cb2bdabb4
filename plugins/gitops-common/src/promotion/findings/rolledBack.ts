import type { PinChange, Promotion } from '../../api/types';
import { formatVersion, sameVersion } from '../../images';
import type { Finding } from '../../findings/Finding';

/** The promotion that last took an environment back to an earlier state. @public */
export type Rollback = Pick<Promotion, 'changes' | 'title' | 'pullRequest'>;

/** A version that comes again was taken back from the target when it was last rolled back: somebody had a reason. */
export function rolledBack(
  changes: PinChange[],
  to: string,
  rollback: Rollback | undefined,
): Finding[] {
  return changes.flatMap(({ name, image, after, location }): Finding[] => {
    const isBack = rollback?.changes.some(
      taken =>
        taken.name === name &&
        taken.image === image &&
        sameVersion(taken.before, after),
    );
    return rollback && isBack
      ? [
          {
            code: 'rolled-back',
            severity: 'warning',
            what: `${to} was rolled back from ${name} ${formatVersion(after)}.`,
            why: rollback.pullRequest
              ? `Pull request #${rollback.pullRequest.number} took it back: ${rollback.title}`
              : `It was taken back: ${rollback.title}`,
            fix: 'Find out why before it comes again, or promote a version in which that is mended.',
            where: location,
          },
        ]
      : [];
  });
}
