import { createPermission } from '@backstage/plugin-permission-common';

// The catalog's own resource type, so that the catalog's rules (such as IS_ENTITY_OWNER) can decide.
const resourceType = 'catalog-entity' as const;

/** See a service's environments and promotions. @public */
export const gitopsEnvironmentReadPermission = createPermission({
  name: 'gitops.environment.read',
  attributes: { action: 'read' },
  resourceType,
});

/** Open a promotion pull request. @public */
export const gitopsPromotionCreatePermission = createPermission({
  name: 'gitops.promotion.create',
  attributes: { action: 'create' },
  resourceType,
});

/** Merge a promotion's pull request. @public */
export const gitopsPromotionMergePermission = createPermission({
  name: 'gitops.promotion.merge',
  attributes: { action: 'update' },
  resourceType,
});

/** Have Argo CD refresh or sync the Application of an environment. @public */
export const gitopsApplicationSyncPermission = createPermission({
  name: 'gitops.application.sync',
  attributes: { action: 'update' },
  resourceType,
});

/** Every permission of the plugin. @public */
export const gitopsPermissions = [
  gitopsEnvironmentReadPermission,
  gitopsPromotionCreatePermission,
  gitopsPromotionMergePermission,
  gitopsApplicationSyncPermission,
];
