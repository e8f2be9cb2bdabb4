import type { ApplicationStatus } from '../../argocd/ApplicationStatus';

/** The addresses that live resources are reached at, as Argo CD reports them: each with its host. */
export function liveAddresses(
  status: ApplicationStatus | undefined,
): { host: string; address: string }[] {
  return (status?.externalURLs ?? []).flatMap(text => {
    // An annotation in the cluster can put any text here.
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return url && /^https?:$/.test(url.protocol)
      ? [{ host: url.hostname, address: `${url.host}${url.pathname}` }]
      : [];
  });
}
