import { repositoryIdentity } from '@gitops-infra/backstage-plugin-gitops-common';

const PATTERN = /^[^/\s:*]+(?::\d+)?\/[A-Za-z0-9-]+\/(?:\*|[A-Za-z0-9._-]+)$/;

/** Whether a text names repositories: one as `github.com/owner/name`, or all of an owner as `github.com/owner/*`. */
export function isRepositoryPattern(text: string): boolean {
  return PATTERN.test(text);
}

/** Whether one of some patterns means the repository at an address; GitHub takes names in any case. */
export function matchesRepository(
  patterns: readonly string[],
  url: string,
): boolean {
  const identity = repositoryIdentity(url);
  const owner = identity.slice(0, identity.lastIndexOf('/') + 1);
  return patterns.some(pattern =>
    [identity, `${owner}*`].includes(pattern.toLowerCase()),
  );
}
