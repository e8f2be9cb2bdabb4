/** What Docker Hub is called in references that name a registry. @public */
export const DOCKER_HUB = 'docker.io';

/** Whatever else Docker Hub is called. @public */
export const DOCKER_HUB_NAMES: ReadonlySet<string> = new Set([
  DOCKER_HUB,
  'index.docker.io',
  'registry-1.docker.io',
]);

/** Where Docker Hub answers. @public */
export const DOCKER_HUB_URL = 'https://registry-1.docker.io';
