import { AuthService } from '@backstage/backend-plugin-api';
import { CatalogService } from '@backstage/plugin-catalog-node';
import { PromotionGate } from '@gitops-infra/backstage-plugin-gitops-common';

/** The annotation of an entity that says where its runbook is. */
export const RUNBOOK_ANNOTATION = 'example.com/runbook';

/**
 * Whoever is called at night finds the runbook: the service's entity has to say where it is. A gate may ask whomever it
 * likes; this one asks the catalog.
 */
export function runbookGate(options: {
  /** Names of the environments that it is for. */
  environments: string[];
  auth: AuthService;
  catalog: CatalogService;
}): PromotionGate {
  const { environments, auth, catalog } = options;
  return {
    id: 'runbook-linked',
    title: 'Runbook is linked',
    overridable: true,
    async check({ entityRef, target }) {
      if (!environments.includes(target.declared.environment)) {
        return undefined;
      }
      const entity = await catalog.getEntityByRef(entityRef, {
        credentials: await auth.getOwnServiceCredentials(),
      });
      const runbook = entity?.metadata.annotations?.[RUNBOOK_ANNOTATION];
      return runbook
        ? { state: 'passed', message: runbook }
        : {
            state: 'failed',
            message: `${entityRef} does not say where its runbook is; give it the annotation ${RUNBOOK_ANNOTATION}.`,
          };
    },
  };
}
