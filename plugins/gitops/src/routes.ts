import {
  createRouteRef,
  createSubRouteRef,
} from '@backstage/frontend-plugin-api';

/** The tab of an entity's page with the promotions of its service. @public */
export const environmentsRouteRef = createRouteRef();

/** The pods of one environment, in that tab. @public */
export const podsRouteRef = createSubRouteRef({
  parent: environmentsRouteRef,
  path: '/pods/:environment',
});

/** One promotion with its timeline, in that tab. @public */
export const promotionRouteRef = createSubRouteRef({
  parent: environmentsRouteRef,
  path: '/promotions/:id',
});
