import {
  isValidVersion,
  parseImageReference,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { DOCKER_HUB, DOCKER_HUB_NAMES } from './dockerHub';

const REPOSITORY =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
// As much as the name of an image may have, its registry's included.
const MAX_NAME_CHARACTERS = 255;

/** An image as its registry is asked for it. @public */
export interface RegistryImage {
  /** The registry, as `gitops.registries` names it; `docker.io` for what names none. */
  host: string;
  /** What its API has as the name. */
  repository: string;
  /** The digest, or the tag where there is none. */
  reference: string;
}

/**
 * Says which registry an image reference means, as Docker reads it: `nginx:1` is `docker.io/library/nginx:1`. Undefined
 * where it says no version, or is of a form that no registry has; then no address can be made of it.
 *
 * @public
 */
export function registryImage(reference: string): RegistryImage | undefined {
  const { image, version } = parseImageReference(reference);
  const found = version.digest ?? version.tag;
  if (
    found === undefined ||
    !isValidVersion(version) ||
    image.length > MAX_NAME_CHARACTERS
  ) {
    return undefined;
  }
  const slash = image.indexOf('/');
  const first = image.slice(0, Math.max(0, slash)).toLocaleLowerCase('en-US');
  const namesHost = /[.:]/.test(first) || first === 'localhost';
  const host = namesHost && !DOCKER_HUB_NAMES.has(first) ? first : DOCKER_HUB;
  const path = namesHost ? image.slice(slash + 1) : image;
  const repository =
    host === DOCKER_HUB && !path.includes('/') ? `library/${path}` : path;
  return REPOSITORY.test(repository)
    ? { host, repository, reference: found }
    : undefined;
}
