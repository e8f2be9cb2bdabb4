/**
 * Frontend of the gitops plugins: the card that shows which version of a service is where and promotes it by pull
 * request. The default export is a plugin of the new frontend system.
 *
 * @packageDocumentation
 */
export { gitopsPlugin as default } from './plugin';
export { gitopsApiRef } from './gitopsApiRef';
export { environmentPodsApiRef } from './environmentPodsApiRef';
export type {
  EnvironmentPodsApi,
  EnvironmentPodsProps,
} from './environmentPodsApiRef';
export { gitopsTranslationRef } from './translation';
