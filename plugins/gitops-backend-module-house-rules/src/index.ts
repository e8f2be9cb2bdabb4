/**
 * An example of rules of one's own for the gitops backend.
 *
 * @packageDocumentation
 */
export { gitopsModuleHouseRules as default } from './module';
