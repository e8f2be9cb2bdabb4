import { isResourcePermission } from '@backstage/plugin-permission-common';
import { gitopsPermissions } from './permissions';

describe('gitopsPermissions', () => {
  it('are decided on the catalog entity, so that its rules apply', () => {
    expect(
      gitopsPermissions.map(permission => [
        permission.name,
        permission.attributes.action,
        isResourcePermission(permission, 'catalog-entity'),
      ]),
    ).toEqual([
      ['gitops.environment.read', 'read', true],
      ['gitops.promotion.create', 'create', true],
      ['gitops.promotion.merge', 'update', true],
      ['gitops.application.sync', 'update', true],
    ]);
  });
});
