import { createBackendModule } from '@backstage/backend-plugin-api';
import {
  catalogConditions,
  createCatalogConditionalDecision,
} from '@backstage/plugin-catalog-backend/alpha';
import {
  AuthorizeResult,
  isPermission,
  PolicyDecision,
} from '@backstage/plugin-permission-common';
import {
  PermissionPolicy,
  PolicyQuery,
  PolicyQueryUser,
} from '@backstage/plugin-permission-node';
import { policyExtensionPoint } from '@backstage/plugin-permission-node/alpha';
import {
  gitopsApplicationSyncPermission,
  gitopsPromotionCreatePermission,
  gitopsPromotionMergePermission,
} from '@gitops-infra/backstage-plugin-gitops-common';

// What only the owners of a service's entity may do.
const FOR_OWNERS = [
  gitopsPromotionCreatePermission,
  gitopsPromotionMergePermission,
  gitopsApplicationSyncPermission,
];

/** Everybody may look at everything; what changes something is for the owners of the service's entity. */
export class OwnersPromotePolicy implements PermissionPolicy {
  async handle(
    { permission }: PolicyQuery,
    user?: PolicyQueryUser,
  ): Promise<PolicyDecision> {
    const forOwners = FOR_OWNERS.find(one => isPermission(permission, one));
    if (forOwners) {
      return createCatalogConditionalDecision(
        forOwners,
        catalogConditions.isEntityOwner({
          claims: user?.info.ownershipEntityRefs ?? [],
        }),
      );
    }
    return { result: AuthorizeResult.ALLOW };
  }
}

export default createBackendModule({
  pluginId: 'permission',
  moduleId: 'owners-promote-policy',
  register(reg) {
    reg.registerInit({
      deps: { policy: policyExtensionPoint },
      async init({ policy }) {
        policy.setPolicy(new OwnersPromotePolicy());
      },
    });
  },
});
