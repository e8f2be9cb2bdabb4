/**
 * The signal channel of a service. A message on it carries nothing but that something visible changed;
 * what changed is read from the API, where permissions are checked.
 * @public
 */
export function serviceSignalChannel(service: string): string {
  return `gitops:service:${service}`;
}

/**
 * The signal channel of changes to many services at once, as after the first read of a repository: one message instead of
 * one for each. Pages of every service listen to it beside their own.
 * @public
 */
export const ALL_SERVICES_SIGNAL_CHANNEL = 'gitops:services';
