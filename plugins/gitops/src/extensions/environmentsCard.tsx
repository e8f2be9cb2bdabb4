import { EntityCardBlueprint } from '@backstage/plugin-catalog-react/alpha';
import { isService } from './isService';

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
