import {
  createRouteRef,
  createSubRouteRef,
} from '@backstage/frontend-plugin-api';

/** The tab of an entity's page with the promotions of its service. @public */
export const environmentsRouteRef = createRouteRef();

/** One promotion with its timeline, in that tab. @public */
export const promotionRouteRef = createSubRouteRef({
  parent: environmentsRouteRef,
  path: '/promotions/:id',
});
