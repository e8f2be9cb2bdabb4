import { EntityContentBlueprint } from '@backstage/plugin-catalog-react/alpha';
import { environmentsRouteRef } from '../routes';
import { isService } from './isService';

/** The promotions of a service and what there is more of its environments, on the entities that refer to one. */
export const environmentsTab = EntityContentBlueprint.make({
  name: 'environments',
  params: {
    path: '/environments',
    title: 'Environments',
    routeRef: environmentsRouteRef,
    filter: isService,
    loader: () =>
      import('../components/EnvironmentsTab').then(module => (
        <module.EntityEnvironmentsTab />
      )),
  },
});
