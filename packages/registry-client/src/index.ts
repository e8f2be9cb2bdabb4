/**
 * Asks container registries, over the OCI distribution API, whether they have an image, and what it says of itself.
 *
 * @packageDocumentation
 */
export type {
  RegistryAccess,
  RegistryAdvice,
  RegistryCredentials,
} from './RegistryAccess';
export { RegistryClient } from './RegistryClient';
export { DOCKER_HUB, DOCKER_HUB_NAMES, DOCKER_HUB_URL } from './dockerHub';
export { registryImage } from './registryImage';
export type { RegistryImage } from './registryImage';
export type { ImageDescription, RegistryLook, Unknown } from './RegistryLook';
