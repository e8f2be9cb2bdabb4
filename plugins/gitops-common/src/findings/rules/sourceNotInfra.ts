import { repositoryIdentity, withoutCredentials } from '../../repository';
import type { FindingRule } from '../FindingRule';
import { manifestLocation } from '../evidence/location';

/** Contract: the Application deploys from the infra repository that declares it. */
export const sourceNotInfra: FindingRule = {
  code: 'source-not-infra',
  check(facts) {
    const { repository, declared, status } = facts;
    const infra = repositoryIdentity(repository.url);
    const sources = [
      { who: declared.location.path, url: declared.repoURL },
      { who: 'the cluster', url: status?.repoURL },
    ];
    const other = sources.find(
      source => source.url && repositoryIdentity(source.url) !== infra,
    );
    return other
      ? [
          {
            severity: 'error',
            what: `The Application ${declared.name} does not deploy from ${repository.slug}.`,
            why: `spec.source.repoURL in ${other.who} is ${withoutCredentials(
              other.url ?? '',
            )}.`,
            fix: `Point spec.source.repoURL at ${repository.url}.`,
            where: manifestLocation(facts, 'repoURL'),
          },
        ]
      : [];
  },
};
