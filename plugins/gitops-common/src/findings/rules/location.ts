import type { SourceLocation } from '../../api/types';
import { repositoryLinks } from '../../repository';
import type { Position } from '../../tree/kustomization';
import type { EnvironmentFacts } from '../EnvironmentFacts';

/** A place in the environment's overlay, with its link. */
export function overlayLocation(
  { repository, overlay }: Pick<EnvironmentFacts, 'repository' | 'overlay'>,
  position?: Position,
): SourceLocation {
  return {
    path: overlay.path,
    ...position,
    url: repositoryLinks.file(
      repository.url,
      repository.head,
      overlay.path,
      position?.line,
    ),
  };
}
