/**
 * The signal channel of a service. A message on it carries nothing but that something visible changed;
 * what changed is read from the API, where permissions are checked.
 * @public
 */
export function serviceSignalChannel(service: string): string {
  return `gitops:service:${service}`;
}
