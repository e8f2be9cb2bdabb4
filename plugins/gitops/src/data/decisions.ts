import type {
  GitopsRights,
  Promotion,
} from '@gitops-infra/backstage-plugin-gitops-common';

/** What becomes of an open pull request. */
export type Decision = 'merge' | 'close';

/** What a person may decide about a promotion. The backend decides again. */
export function decisions(
  { state, pullRequest }: Pick<Promotion, 'state' | 'pullRequest'>,
  rights: GitopsRights,
): Decision[] {
  if (state !== 'open' || !pullRequest) {
    return [];
  }
  return [
    ...(rights.merge ? (['merge'] as const) : []),
    // Whoever may ask for a promotion may take that back.
    ...(rights.promote ? (['close'] as const) : []),
  ];
}
