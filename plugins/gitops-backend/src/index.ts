/**
 * Backend of the gitops plugins.
 *
 * @packageDocumentation
 */
export { gitopsPlugin as default } from './plugin';
