import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';

/** An address, so that paths can be put behind it. */
export function withoutTrailingSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

/** The CA of an upstream whose certificate no public one signed. */
export function readCa(config: Config, where: string): string | undefined {
  const ca = config.getOptionalString('ca');
  if (ca !== undefined && !ca.includes('-----BEGIN CERTIFICATE-----')) {
    throw new InputError(
      `${where}: ca is no certificate in PEM; give the file as ca: { $file: path }`,
    );
  }
  return ca;
}
