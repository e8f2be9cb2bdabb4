import {
  ApplicationDeclaration,
  OverlayReading,
  repositoryIdentity,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { RepositoryConfig } from '../config';
import { FollowedRevisions } from './revisionEntries';

// Tags and branches besides the deployed one; each costs a conditional request at every look.
const MAX_OTHER_REVISIONS = 50;

/**
 * The revision of a repository that an Application deploys. One of another repository is shown with what the infra
 * repository has at its place.
 *
 * @param defaultBranch - what HEAD means; until it is known that is taken for what it mostly is
 */
export function deployedRevision(
  {
    repoURL,
    targetRevision,
  }: Pick<ApplicationDeclaration, 'repoURL' | 'targetRevision'>,
  { branch, url }: Pick<RepositoryConfig, 'branch' | 'url'>,
  defaultBranch: string = branch,
): string {
  const isHead = targetRevision === 'HEAD' && defaultBranch === branch;
  return isHead || repositoryIdentity(repoURL) !== repositoryIdentity(url)
    ? branch
    : targetRevision.replace(/^refs\/(heads|tags)\//, '');
}

/** The revisions besides the deployed branch that are read, each with the services that deploy it. */
export function otherRevisions(
  declarations: readonly ApplicationDeclaration[],
  config: Pick<RepositoryConfig, 'branch' | 'url'>,
  defaultBranch: string | undefined,
): Map<string, Set<string>> {
  const services = new Map<string, Set<string>>();
  for (const declaration of declarations) {
    const revision = deployedRevision(declaration, config, defaultBranch);
    services.set(
      revision,
      (services.get(revision) ?? new Set()).add(declaration.service),
    );
  }
  services.delete(config.branch);
  return new Map([...services].slice(0, MAX_OTHER_REVISIONS));
}

/**
 * Why nothing is known of the overlays at a revision. One that is not there cannot be deployed; one that was not read
 * may well be in order.
 *
 * @param slug - how people know the repository
 */
export function whyNotRead(
  revision: string,
  revisions: FollowedRevisions,
  slug: string,
): Pick<OverlayReading, 'problem' | 'unread'> {
  const problem = revisions.get(revision)?.problem;
  if (problem === undefined) {
    return {
      unread:
        revisions.size > MAX_OTHER_REVISIONS
          ? `the Applications of ${slug} deploy more than ${MAX_OTHER_REVISIONS} revisions, and ${revision} is not among those that are read`
          : `the revision ${revision} of ${slug} was not read yet`,
    };
  }
  return isVersionRange(revision)
    ? {
        unread: `the revision ${revision} is a range of versions, and which tag that is Argo CD alone decides`,
      }
    : { problem: { message: problem } };
}

// As Argo CD takes them for a range of Semantic Versions: `v1.*`, `1.2.x`, `>=1.0.0 <2.0.0`, `^1.2`.
function isVersionRange(revision: string): boolean {
  return (
    /^[~^<>=! ]*v?[\dx*]/i.test(revision) &&
    /[*~^<>=!|, ]|(^|\.)x(\.|$)/i.test(revision)
  );
}
