import type { ImageOrigin } from '../api/types';
import type { RegistryAnswer } from '../findings/EnvironmentFacts';
import { repositoryLinks } from '../repository';

/** Where an image comes from, for people; undefined where the registry does not tell. */
export function imageOrigin(
  answer: RegistryAnswer | undefined,
): ImageOrigin | undefined {
  const { createdAt, source, revision } =
    (answer?.state === 'exists' && answer.facts) || {};
  if (createdAt === undefined && revision === undefined) {
    return undefined;
  }
  return {
    createdAt,
    revision,
    url:
      source !== undefined && revision !== undefined
        ? repositoryLinks.commit(
            source.replace(/\/+$/, '').replace(/\.git$/, ''),
            revision,
          )
        : undefined,
  };
}
