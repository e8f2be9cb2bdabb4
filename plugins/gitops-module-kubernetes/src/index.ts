/**
 * Shows the pods of one environment in the tab of the gitops plugin, by Backstage's Kubernetes plugin.
 *
 * @packageDocumentation
 */
export { gitopsKubernetesModule as default } from './module';
export { gitopsKubernetesTranslationRef } from './translation';
