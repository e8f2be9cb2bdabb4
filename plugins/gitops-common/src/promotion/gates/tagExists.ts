import { imageReference } from '../../images';
import type { PromotionGate } from './PromotionGate';

/**
 * The registry has what is going to be promoted. What is missing is a finding of the plan as well; the gate says whether it
 * was looked up. Yields nothing for images of registries that are not asked.
 *
 * @public
 */
export const tagExistsGate: PromotionGate = {
  id: 'tag-exists',
  title: 'Registry has the version',
  overridable: true,
  atMerge: true,
  check({ target, changes }) {
    const looked = changes.flatMap(({ image, after: version }) => {
      const reference = imageReference({ image, version });
      const answer = target.registry?.get(reference);
      return answer ? [{ reference, answer }] : [];
    });
    if (looked.length === 0) {
      return undefined;
    }
    const missing = looked.filter(({ answer }) => answer.state === 'missing');
    if (missing.length > 0) {
      return {
        state: 'failed',
        message: `${named(
          missing,
        )} is not there; push it, or choose a version that is there.`,
      };
    }
    const unknown = looked.filter(({ answer }) => answer.state === 'unknown');
    return unknown.length > 0
      ? {
          state: 'unknown',
          message: `The registry could not be asked for ${named(unknown)}.`,
        }
      : { state: 'passed', message: `${named(looked)} is there.` };
  },
};

function named(looked: { reference: string }[]): string {
  return looked.map(({ reference }) => reference).join(', ');
}
