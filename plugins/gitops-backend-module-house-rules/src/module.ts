import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import {
  findingRulesExtensionPoint,
  promotionGatesExtensionPoint,
} from '@gitops-infra/backstage-plugin-gitops-node';
import { prereleaseRule } from './prereleaseRule';
import { runbookGate } from './runbookGate';

/**
 * Adds a promotion gate and a finding rule to the gitops backend, for the environments in `gitops.houseRules`.
 *
 * @public
 */
export const gitopsModuleHouseRules = createBackendModule({
  pluginId: 'gitops',
  moduleId: 'house-rules',
  register(env) {
    env.registerInit({
      deps: {
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        gates: promotionGatesExtensionPoint,
        rules: findingRulesExtensionPoint,
      },
      async init({ auth, catalog, config, gates, rules }) {
        const environments =
          config.getOptionalStringArray('gitops.houseRules.environments') ?? [];
        gates.addGates(runbookGate({ environments, auth, catalog }));
        rules.addRules(prereleaseRule(environments));
      },
    });
  },
});
