import type { EnvironmentFacts } from '../EnvironmentFacts';
import type { Finding } from '../Finding';
import { buildError, repoServerError } from './comparison';
import { overlayLocation } from './location';
import { tagNotString } from './tagNotString';

/** The overlay does not build: by our own reading of it, by Argo CD's, or by both. */
export function comparisonError(facts: EnvironmentFacts): Finding[] {
  const { overlay } = facts;
  const message = buildError(facts);
  // An unquoted tag has a finding of its own, which says more.
  const explained = tagNotString(facts).some(
    finding => finding.severity === 'error',
  );
  if (!overlay.problem && (!message || explained)) {
    return [];
  }
  return [
    {
      code: 'comparison-error',
      severity: 'error',
      what: 'The overlay does not build, so Argo CD keeps the old version.',
      why:
        overlay.problem?.message ?? 'Argo CD could not render the manifests.',
      fix: overlay.problem?.position
        ? 'Correct the line and push it to the deployed branch.'
        : 'Run `kustomize build` on the overlay, correct what it names and push it to the deployed branch.',
      evidence: message,
      where: overlayLocation(facts, overlay.problem?.position),
    },
  ];
}

/** Argo CD cannot compare because its own repo server is away. */
export function repoServerUnreachable(facts: EnvironmentFacts): Finding[] {
  const message = repoServerError(facts);
  return message
    ? [
        {
          code: 'upstream-unreachable',
          severity: 'warning',
          what: 'Argo CD cannot compare with Git at the moment.',
          why: 'Its repo server does not answer. The overlay is not at fault.',
          fix: 'Ask whoever runs Argo CD to look at argocd-repo-server; nothing has to be changed here.',
          evidence: message,
        },
      ]
    : [];
}
