import { NotAllowedError, NotFoundError } from '@backstage/errors';
import { Agent, fetch as fetchWithAgent } from 'undici';
import { ArgocdApiConfig } from '../config';
import { JsonUpstream, Refusal } from './JsonUpstream';

/** The code of Argo CD's that goes with 403. */
export const PERMISSION_DENIED = 7;

/**
 * The HTTP API of one Argo CD.
 *
 * @param refusal - what to make of a status first; where it knows nothing, it is taken as one for reading
 */
export function argocdApiUpstream(
  config: ArgocdApiConfig,
  refusal: (refusal: Refusal) => Error | undefined = () => undefined,
): JsonUpstream {
  const { name, url, ca } = config;
  const agent = ca === undefined ? undefined : new Agent({ connect: { ca } });
  return new JsonUpstream({
    name: `Argo CD ${name}`,
    access: async () => ({
      baseUrl: url,
      headers: { authorization: `Bearer ${tokenOf(config)}` },
    }),
    refusal: refused => refusal(refused) ?? refusedToRead(name, refused),
    hints: {
      page: `correct gitops.argocd[].url, which is where the API answers, without /api/v1`,
      untrusted: 'give its CA in gitops.argocd[].ca',
    },
    fetch:
      agent &&
      ((at, init) => fetchWithAgent(at, { ...init, dispatcher: agent })),
    close: async () => agent?.destroy(),
  });
}

function tokenOf({ name, token }: ArgocdApiConfig): string {
  const value = token().trim();
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw new NotAllowedError(
      `The token of Argo CD ${name} is no token: it is empty or has characters that none has; give a valid one in gitops.argocd`,
    );
  }
  return value;
}

function refusedToRead(
  name: string,
  { status, body }: Refusal,
): Error | undefined {
  if (status === 401) {
    return new NotAllowedError(
      `Argo CD ${name} refuses the token (401); give a valid one in gitops.argocd`,
    );
  }
  if (status === 403) {
    // It says the same of what is not there.
    return new NotAllowedError(
      (body as { code?: unknown } | undefined)?.code === PERMISSION_DENIED
        ? `Argo CD ${name} does not have this, or does not let the account read it (403); it needs "applications, get"`
        : `Argo CD ${name}, or a proxy before it, does not let the account read this (403)`,
    );
  }
  if (status === 404) {
    return new NotFoundError(
      `Argo CD ${name} has no such address (404); correct gitops.argocd[].url, which is where the API answers, without /api/v1`,
    );
  }
  return undefined;
}
