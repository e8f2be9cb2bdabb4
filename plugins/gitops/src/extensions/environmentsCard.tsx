import type { Entity } from '@backstage/catalog-model';
import { EntityCardBlueprint } from '@backstage/plugin-catalog-react/alpha';
import { SERVICE_ANNOTATION } from '@gitops-infra/backstage-plugin-gitops-common';

/** The environments of a service, on the entities that name one. */
export const environmentsCard = EntityCardBlueprint.make({
  name: 'environments',
  params: {
    type: 'content',
    filter: namesService,
    loader: () =>
      import('../components/EnvironmentsCard').then(module => (
        <module.EntityEnvironmentsCard />
      )),
  },
});

function namesService(entity: Entity): boolean {
  return (
    entity.kind.toLocaleLowerCase('en-US') === 'component' &&
    Boolean(entity.metadata.annotations?.[SERVICE_ANNOTATION]?.trim())
  );
}
