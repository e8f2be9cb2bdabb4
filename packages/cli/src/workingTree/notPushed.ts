import {
  ApplicationDeclaration,
  commitsTouching,
  Finding,
  InfraSnapshot,
  overlayInputs,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { deploys, GitState } from './git';

const FIRST_COMMITS = 10;

/**
 * Contract: Healthy but old, because the commit is not pushed. Only where the branch is one that Argo CD deploys, and of the
 * commits only those that change what an environment is built from, or `bootstrap/`.
 */
export function notPushed(
  git: GitState | undefined,
  snapshot: InfraSnapshot,
  environments: { declared: ApplicationDeclaration }[],
): Finding[] {
  const upstream = git?.upstream;
  if (!upstream || upstream.ahead.length === 0) {
    return [];
  }
  const deployed = environments
    .map(({ declared }) => declared)
    .filter(({ targetRevision }) => deploys(upstream, targetRevision));
  if (deployed.length === 0) {
    return [];
  }
  const inputs = deployed.flatMap(({ overlayPath }) =>
    overlayInputs(snapshot, overlayPath),
  );
  const commits = commitsTouching(upstream.ahead, [
    ...new Set(['bootstrap', ...inputs]),
  ]);
  return commits.length === 0
    ? []
    : [
        {
          code: 'not-deployed',
          severity: 'warning',
          what: `${
            commits.length === 1
              ? '1 commit is'
              : `${commits.length} commits are`
          } not pushed, so Argo CD cannot see ${
            commits.length === 1 ? 'it' : 'them'
          }.`,
          why: `The branch is ahead of ${upstream.branch} on its remote, as far as it was last fetched.`,
          fix: 'Push: `git push`.',
          evidence: commits
            .slice(0, FIRST_COMMITS)
            .map(({ sha, title }) => `${sha.slice(0, 7)} ${title}`)
            .join('\n'),
        },
      ];
}
