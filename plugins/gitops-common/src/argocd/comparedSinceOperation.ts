import type { ApplicationStatus } from './ApplicationStatus';

/**
 * Whether Argo CD has compared an Application, and judged its health, since its last operation ended; undefined where it
 * does not say when. Its times have seconds only: what was in the same one counts, since it may not compare again.
 *
 * @public
 */
export function comparedSinceOperation({
  reconciledAt,
  operation,
}: Pick<ApplicationStatus, 'reconciledAt' | 'operation'>): boolean | undefined {
  const compared = Date.parse(reconciledAt ?? '');
  const ended = Date.parse(operation?.finishedAt ?? '');
  return Number.isNaN(compared) || Number.isNaN(ended)
    ? undefined
    : compared >= ended;
}
