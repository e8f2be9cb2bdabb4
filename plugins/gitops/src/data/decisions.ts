import type {
  GitopsRights,
  Promotion,
} from '@gitops-infra/backstage-plugin-gitops-common';

/** What becomes of an open pull request, or of a promotion that has none yet. */
export type Decision = 'merge' | 'close' | 'withdraw';

/** What a person may decide about a promotion. The backend decides again. */
export function decisions(
  { state, pullRequest, error }: Promotion,
  rights: GitopsRights,
): Decision[] {
  if (state === 'requested') {
    // Most are opened before anybody could press a button.
    return error !== undefined && rights.promote ? ['withdraw'] : [];
  }
  if (state !== 'open' || !pullRequest) {
    return [];
  }
  return [
    ...(rights.merge ? (['merge'] as const) : []),
    // Whoever may ask for a promotion may take that back.
    ...(rights.promote ? (['close'] as const) : []),
  ];
}
