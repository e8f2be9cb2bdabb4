import type { SourceLocation } from '../../api/types';
import { repositoryLinks } from '../../repository';
import type { ManifestField } from '../../tree/applications';
import type { Position } from '../../tree/kustomization';
import type { EnvironmentFacts } from '../EnvironmentFacts';

/** A place in a file of the environment's tree, with its link. */
export function fileLocation(
  { repository }: Pick<EnvironmentFacts, 'repository'>,
  path: string,
  position?: Position,
): SourceLocation {
  return {
    path,
    ...position,
    url: repositoryLinks.file(
      repository.url,
      repository.head,
      path,
      position?.line,
    ),
  };
}

/** A place in the environment's overlay, with its link. @public */
export function overlayLocation(
  facts: Pick<EnvironmentFacts, 'repository' | 'overlay'>,
  position?: Position,
): SourceLocation {
  return fileLocation(facts, facts.overlay.path, position);
}

/** Where the Application's manifest says something, or where the manifest begins. */
export function manifestLocation(
  facts: Pick<EnvironmentFacts, 'repository' | 'declared'>,
  field: ManifestField,
): SourceLocation {
  const { location, fields } = facts.declared;
  return fileLocation(
    facts,
    location.path,
    fields?.[field] ?? { line: location.line, column: 1 },
  );
}
