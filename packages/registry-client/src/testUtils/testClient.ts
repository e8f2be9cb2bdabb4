import { RegistryAccess } from '../RegistryAccess';
import { RegistryClient } from '../RegistryClient';

/** The signal of an asker who waits as long as it takes. */
export const NOW = new AbortController().signal;

/** A client of the registry `registry.test` at an address, without credentials unless they are given. */
export function createTestClient(
  access: Pick<RegistryAccess, 'url'> & Partial<RegistryAccess>,
  options: { timeoutMs?: number } = {},
): RegistryClient {
  return new RegistryClient(
    {
      host: 'registry.test',
      advice: {
        credentials: 'in the settings',
        url: 'there',
        ca: 'in the settings',
        plainHttp: 'say so',
      },
      credentials: () => undefined,
      ...access,
    },
    options,
  );
}
