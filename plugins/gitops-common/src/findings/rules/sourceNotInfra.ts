import { repositoryIdentity, withoutCredentials } from '../../repository';
import type { FindingRule } from '../FindingRule';
import { manifestLocation } from '../evidence/location';

/**
 * Contract: the Application deploys from the infra repository that declares it. An edit in the cluster is left to
 * `overridden-outside-git`.
 */
export const sourceNotInfra: FindingRule = {
  code: 'source-not-infra',
  check(facts) {
    const { repository, declared } = facts;
    const { name, repoURL, location } = declared;
    return repoURL &&
      repositoryIdentity(repoURL) !== repositoryIdentity(repository.url)
      ? [
          {
            severity: 'error',
            what: `The Application ${name} does not deploy from ${repository.slug}.`,
            why: `spec.source.repoURL in ${
              location.path
            } is ${withoutCredentials(repoURL)}.`,
            fix: `Point spec.source.repoURL at ${repository.url}.`,
            where: manifestLocation(facts, 'repoURL'),
          },
        ]
      : [];
  },
};
