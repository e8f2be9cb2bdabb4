import type { Promotion } from '../api/types';
import type { Finding } from '../findings/Finding';

/** What keeps a merged version from running, the cause before what comes of it. */
const HINDERING = [
  'tag-not-string',
  'comparison-error',
  'tag-missing',
  'image-pull-failed',
  'degraded',
  'overridden-outside-git',
  'not-deployed',
];

/**
 * The finding in the target that says why a merged promotion does not arrive; nothing while none is known, or while the
 * promotion is not merged.
 *
 * @public
 */
export function hindrance(
  { state }: Pick<Promotion, 'state'>,
  findings: Finding[],
): Finding | undefined {
  const errors = findings.filter(
    ({ code, severity }) =>
      severity === 'error' ||
      // Waiting for a sync that does not come by itself is no error, and keeps a promotion from arriving all the same.
      (severity === 'warning' && code === 'not-deployed'),
  );
  return state === 'merged'
    ? HINDERING.map(code => errors.find(error => error.code === code)).find(
        error => error !== undefined,
      )
    : undefined;
}
