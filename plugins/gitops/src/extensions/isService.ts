import type { Entity } from '@backstage/catalog-model';
import { serviceReference } from '@gitops-infra/backstage-plugin-gitops-common';

/** Whether an entity's page has the environments of a service. */
export function isService(entity: Entity): boolean {
  return (
    entity.kind.toLocaleLowerCase('en-US') === 'component' &&
    serviceReference(entity.metadata.annotations) !== undefined
  );
}
