import type { RepositoryRef } from '../../api/types';
import type { EnvironmentFacts } from '../../findings/EnvironmentFacts';
import type { Finding } from '../../findings/Finding';
import { manifestLocation } from '../../findings/evidence/location';

/**
 * A promotion changes the deployed branch. Where the target deploys another revision, such as a tag, that would deploy
 * nothing.
 */
export function otherRevision(
  facts: EnvironmentFacts,
  deployed: RepositoryRef,
): Finding[] {
  const { repository, declared } = facts;
  return repository.branch === deployed.branch
    ? []
    : [
        {
          code: 'other-revision',
          severity: 'error',
          what: `${declared.environment} deploys ${repository.branch}, so a promotion to ${deployed.branch} would not reach it.`,
          why: `spec.source.targetRevision of the Application ${declared.name} is ${declared.targetRevision}.`,
          fix: `Move ${repository.branch} to the commit that ${declared.environment} should deploy, or point targetRevision at ${deployed.branch}.`,
          // The manifest is on the deployed branch, whatever it deploys.
          where: manifestLocation(
            { repository: deployed, declared },
            'targetRevision',
          ),
        },
      ];
}
