import { repositoryIdentity, withoutCredentials } from '../../repository';
import type { EnvironmentFacts } from '../EnvironmentFacts';
import type { Finding } from '../Finding';

/** Contract: the Application deploys from the infra repository that declares it. */
export function sourceNotInfra({
  repository,
  declared,
  status,
}: EnvironmentFacts): Finding[] {
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
          code: 'source-not-infra',
          severity: 'error',
          what: `The Application ${declared.name} does not deploy from ${repository.slug}.`,
          why: `spec.source.repoURL in ${other.who} is ${withoutCredentials(
            other.url ?? '',
          )}.`,
          fix: `Point spec.source.repoURL at ${repository.url}.`,
          where: declared.location,
        },
      ]
    : [];
}
