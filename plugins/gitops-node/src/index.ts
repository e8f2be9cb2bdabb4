/**
 * What modules may add to the gitops backend.
 *
 * @packageDocumentation
 */
export { findingRulesExtensionPoint } from './findingRulesExtensionPoint';
export type { FindingRulesExtensionPoint } from './findingRulesExtensionPoint';
export { promotionGatesExtensionPoint } from './promotionGatesExtensionPoint';
export type { PromotionGatesExtensionPoint } from './promotionGatesExtensionPoint';
