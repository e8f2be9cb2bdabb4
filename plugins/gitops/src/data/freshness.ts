/** Decides how far what the card shows can be trusted. */
import type { Environment } from '@gitops-infra/backstage-plugin-gitops-common';

/** A side that is not up to date. */
export interface DoubtfulSide {
  side: 'git' | 'argocd';
  /** When it was last read; absent when it never was. */
  readAt?: string;
  error?: string;
}

/** The sides that are stale or were never read, each once, as its worst environment has it; none when all is live. */
export function doubtfulSides(
  environments: Pick<Environment, 'freshness'>[],
): DoubtfulSide[] {
  return (['git', 'argocd'] as const).flatMap(side => {
    const doubtful = environments
      .map(environment => environment.freshness[side])
      .filter(({ stale, readAt }) => stale || !readAt)
      // The empty string sorts before every time: never read is worst.
      .sort((a, b) => (a.readAt ?? '').localeCompare(b.readAt ?? ''));
    return doubtful.length > 0
      ? [{ side, readAt: doubtful[0].readAt, error: doubtful[0].error }]
      : [];
  });
}
