import { personName } from '../../text/people';

/** A person by name, with the whole reference on hover. */
export function Person({ entityRef }: { entityRef: string }) {
  return <span title={entityRef}>{personName(entityRef)}</span>;
}
