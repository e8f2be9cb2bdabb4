import { isError } from '@backstage/errors';
import { TimeLimitError } from '../argocd/within';
import { RegistryCredentials } from '../config';
import { RegistryAnswered } from './RegistryHttp';
import { Unanswered, Unknown } from './RegistryLook';

/** What is to be said of an answer that is a refusal. */
export function refusal(
  { status, headers }: Pick<RegistryAnswered, 'status' | 'headers'>,
  who: string,
  credentials: RegistryCredentials | undefined,
): Unanswered {
  switch (true) {
    case status === 401:
      return new Unanswered(
        credentials
          ? `${who} does not let the account read this image (401); check the credentials in gitops.registries, and that the repository is there`
          : `${who} lets nobody read this image without credentials (401); give some in gitops.registries, or check that the repository is there`,
      );
    case status === 403:
      return new Unanswered(
        `${who} does not allow to read this image (403); check what the ${
          credentials ? 'account' : 'public'
        } may read, and that the repository is there`,
      );
    case status === 429:
      return new Unanswered(`${who} takes no more requests for now (429)`, {
        away: true,
        retryAfterMs: retryAfterMs(headers.get('retry-after')),
      });
    case status >= 500:
      return new Unanswered(`${who} fails (${status})`, {
        away: true,
        retryAfterMs: retryAfterMs(headers.get('retry-after')),
      });
    default:
      return new Unanswered(`${who} answered ${status}`);
  }
}

/** What is to be said of what was thrown. Of what fetch throws, which may hold what was sent, only a code is told. */
export function failure(
  host: string,
  error: unknown,
  timeoutMs: number,
): Unknown {
  if (error instanceof Unanswered) {
    return error.unknown;
  }
  const why =
    error instanceof TimeLimitError
      ? `does not answer within ${timeoutMs / 1000} s`
      : explain(codeOf(error));
  return { state: 'unknown', reason: `${host} ${why}`, away: true };
}

function retryAfterMs(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header)
    ? Number(header) * 1000
    : undefined;
}

// fetch fails with a TypeError that says nothing but has the cause.
function codeOf(error: unknown): string | undefined {
  const cause = isError(error) && isError(error.cause) ? error.cause : error;
  const code = isError(cause) ? cause.code : undefined;
  return typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code)
    ? code
    : undefined;
}

function explain(code: string | undefined): string {
  switch (code) {
    case undefined:
      return 'does not answer';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `has no address (${code}); check its name, and the DNS of the backend`;
    case 'CERT_HAS_EXPIRED':
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `has a certificate that is not valid for it (${code})`;
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_UNTRUSTED':
      return `has a certificate that is not trusted (${code}); give its CA in gitops.registries`;
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return `does not speak HTTPS (${code}); where that is meant, say insecure: true in gitops.registries`;
    default:
      return `does not answer (${code})`;
  }
}
