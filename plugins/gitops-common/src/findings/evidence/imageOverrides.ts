import { parseImageReference } from '../../images';
import type { EnvironmentFacts } from '../EnvironmentFacts';

/** One image as `kustomize.images` of an Application sets it. */
export interface ImageOverride {
  /** As it is written: `demo=localhost:5001/demo:0.0.7`. */
  written: string;
  /** What the manifests call the image. */
  name: string;
  /** Whether the manifest in Git says so; what it does not say was set in the cluster. */
  inGit: boolean;
}

/** The images that do not follow the overlay because the Application sets them, in Git or in the cluster. */
export function imageOverrides({
  declared,
  status,
}: Pick<EnvironmentFacts, 'declared' | 'status'>): ImageOverride[] {
  const inGit = declared.imageOverrides ?? [];
  return [...new Set([...inGit, ...(status?.imageOverrides ?? [])])].map(
    written => ({
      written,
      name: overriddenName(written),
      inGit: inGit.includes(written),
    }),
  );
}

// `name=image:tag`, `name:tag` or `name@digest`.
function overriddenName(written: string): string {
  const equals = written.indexOf('=');
  return equals >= 0
    ? written.slice(0, equals)
    : parseImageReference(written).image;
}
