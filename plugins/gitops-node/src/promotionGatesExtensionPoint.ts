import { createExtensionPoint } from '@backstage/backend-plugin-api';
import { PromotionGate } from '@gitops-infra/backstage-plugin-gitops-common';

/** Adds conditions that promotions have to meet. @public */
export interface PromotionGatesExtensionPoint {
  /**
   * Adds gates; they are shown after those of the plugin, in the order in which they were added. A gate that throws, or
   * that has not answered after five seconds, is `unknown`: why is in the backend's log, and never in the browser.
   *
   * @throws ConflictError where there is a gate of that id; InputError where it is not in lower case with dashes.
   */
  addGates(...gates: PromotionGate[]): void;
}

/**
 * Where modules of the gitops backend add promotion gates.
 *
 * @public
 */
export const promotionGatesExtensionPoint =
  createExtensionPoint<PromotionGatesExtensionPoint>({
    id: 'gitops.promotion-gates',
  });
