import { EntityName } from '@gitops-infra/backstage-plugin-gitops-common';
import { Request } from 'express';

export const ENTITY = '/entities/:kind/:namespace/:name';

/** Here who calls is remembered for some seconds. */
export const ENVIRONMENTS_PATH = `${ENTITY}/environments`;

export const ENVIRONMENT = `${ENVIRONMENTS_PATH}/:environment`;
export const PROMOTION = '/promotions/:promotion';

/** Each is a POST, and audited under its name, whatever becomes of it. */
export const WRITES = {
  'application-refresh': `${ENVIRONMENT}/refresh`,
  'application-sync': `${ENVIRONMENT}/sync`,
  'promotion-create': `${ENTITY}/promotions`,
  'promotion-merge': `${PROMOTION}/merge`,
  'promotion-close': `${PROMOTION}/close`,
};

/**
 * Here and below the router itself finds out who calls: what the framework refused would be no attempt that is audited.
 */
export const OWN_AUTH_PATHS = [ENVIRONMENTS_PATH, ...Object.values(WRITES)];

/** The entity that a path below `ENTITY` names. */
export function entityName(req: Request): EntityName {
  const { kind, namespace, name } = req.params;
  return { kind, namespace, name };
}
