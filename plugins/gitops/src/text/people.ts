import { parseEntityRef } from '@backstage/catalog-model';

/** A person for people: the name of an entity ref, or the host's login as it is. */
export function personName(entityRefOrLogin: string): string {
  try {
    return parseEntityRef(entityRefOrLogin).name;
  } catch {
    return entityRefOrLogin;
  }
}
