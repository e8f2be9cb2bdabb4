/**
 * The address when it is safe as a link's target. Addresses come from annotations in clusters and from upstream
 * answers, where anyone may have written `javascript:…`.
 */
export function safeHref(address: string | undefined): string | undefined {
  if (!address || !URL.canParse(address)) {
    return undefined;
  }
  const url = new URL(address);
  return url.protocol === 'https:' || url.protocol === 'http:'
    ? url.href
    : undefined;
}
