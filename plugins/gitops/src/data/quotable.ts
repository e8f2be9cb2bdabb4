import { isValidVersion } from '@gitops-infra/backstage-plugin-gitops-common';
import type {
  Environment,
  Finding,
  ImageVersion,
} from '@gitops-infra/backstage-plugin-gitops-common';

/** A version that a pin has, and that has to be written as a string. */
export interface QuotableVersion {
  name: string;
  version: ImageVersion;
}

/** The version that a pull request could quote to mend a finding; nothing where that is not what mends it. */
export function quotable(
  { code, severity, where }: Finding,
  { images }: Pick<Environment, 'images'>,
): QuotableVersion | undefined {
  if (code !== 'tag-not-string' || severity !== 'error' || !where?.line) {
    return undefined;
  }
  const pin = images.find(
    ({ location: { path, line, column } }) =>
      path === where.path && line === where.line && column === where.column,
  );
  return pin && isValidVersion(pin.desired)
    ? { name: pin.name, version: pin.desired }
    : undefined;
}
