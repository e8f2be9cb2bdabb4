import { AuthorizeResult } from '@backstage/plugin-permission-common';
import {
  gitopsApplicationSyncPermission,
  gitopsEnvironmentReadPermission,
  gitopsPermissions,
  gitopsPromotionCreatePermission,
  gitopsPromotionMergePermission,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { OwnersPromotePolicy } from './ownersPromotePolicy';

const OWNERSHIP = ['user:default/guest', 'group:default/demo-team'];
const policy = new OwnersPromotePolicy();

describe('OwnersPromotePolicy', () => {
  it.each([
    gitopsPromotionCreatePermission,
    gitopsPromotionMergePermission,
    gitopsApplicationSyncPermission,
  ])('$name is for the owners of the entity', async permission => {
    await expect(
      policy.handle({ permission }, {
        info: { ownershipEntityRefs: OWNERSHIP },
      } as Parameters<typeof policy.handle>[1]),
    ).resolves.toMatchObject({
      result: AuthorizeResult.CONDITIONAL,
      pluginId: 'catalog',
      conditions: { rule: 'IS_ENTITY_OWNER', params: { claims: OWNERSHIP } },
    });
  });

  it('somebody unknown owns nothing', async () => {
    await expect(
      policy.handle({ permission: gitopsPromotionCreatePermission }),
    ).resolves.toMatchObject({ conditions: { params: { claims: [] } } });
  });

  it('looking is for everybody', async () => {
    await expect(
      policy.handle({ permission: gitopsEnvironmentReadPermission }),
    ).resolves.toEqual({ result: AuthorizeResult.ALLOW });
  });

  it('decides about each permission that writes', () => {
    expect(
      gitopsPermissions.filter(
        ({ attributes }) => attributes.action !== 'read',
      ),
    ).toEqual([
      gitopsPromotionCreatePermission,
      gitopsPromotionMergePermission,
      gitopsApplicationSyncPermission,
    ]);
  });
});
