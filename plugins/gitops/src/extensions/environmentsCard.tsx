import type { Entity } from '@backstage/catalog-model';
import { EntityCardBlueprint } from '@backstage/plugin-catalog-react/alpha';
import { serviceReference } from '@gitops-infra/backstage-plugin-gitops-common';

/** The environments of a service, on the entities that refer to one. */
export const environmentsCard = EntityCardBlueprint.make({
  name: 'environments',
  params: {
    type: 'content',
    filter: isService,
    loader: () =>
      import('../components/EnvironmentsCard').then(module => (
        <module.EntityEnvironmentsCard />
      )),
  },
});

function isService(entity: Entity): boolean {
  return (
    entity.kind.toLocaleLowerCase('en-US') === 'component' &&
    serviceReference(entity.metadata.annotations) !== undefined
  );
}
