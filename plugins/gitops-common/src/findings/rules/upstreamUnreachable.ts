import type { FindingRule } from '../FindingRule';
import { repoServerError } from '../evidence/comparison';

/** Argo CD cannot compare because its own repo server is away. */
export const upstreamUnreachable: FindingRule = {
  code: 'upstream-unreachable',
  check(facts) {
    const message = repoServerError(facts);
    return message
      ? [
          {
            severity: 'warning',
            what: 'Argo CD cannot compare with Git at the moment, so nothing new is deployed.',
            why: 'Its repo server does not answer. The overlay is not at fault.',
            fix: 'Ask whoever runs Argo CD to look at argocd-repo-server; nothing has to be changed here. Once it is back, a refresh has Argo CD compare at once.',
            evidence: message,
            command: 'refresh',
          },
        ]
      : [];
  },
};
