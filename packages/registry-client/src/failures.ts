import { isError } from '@backstage/errors';
import {
  RegistryAccess,
  RegistryAdvice,
  RegistryCredentials,
} from './RegistryAccess';
import { RegistryAnswered } from './RegistryHttp';
import { Unanswered, Unknown } from './RegistryLook';

/** What ends a question that takes too long. */
export class TimeLimitError extends Error {
  name = 'TimeLimitError';
}

/** What is to be said of an answer that is a refusal. */
export function refusal(
  { status, headers }: Pick<RegistryAnswered, 'status' | 'headers'>,
  who: string,
  credentials: RegistryCredentials | undefined,
  advice: RegistryAdvice,
): Unanswered {
  switch (true) {
    case status === 401:
      return new Unanswered(
        credentials
          ? `${who} does not let the account read this image (401); check the credentials ${advice.credentials}, and that the repository is there`
          : `${who} lets nobody read this image without credentials (401); give some ${advice.credentials}, or check that the repository is there`,
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
  { host, advice }: RegistryAccess,
  error: unknown,
  timeoutMs: number,
): Unknown {
  if (error instanceof Unanswered) {
    return error.unknown;
  }
  const why =
    error instanceof TimeLimitError
      ? `does not answer within ${timeoutMs / 1000} s`
      : explain(codeOf(error), advice);
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

function explain(code: string | undefined, advice: RegistryAdvice): string {
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
      return `has a certificate that is not trusted (${code}); give its CA ${advice.ca}`;
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return `does not speak HTTPS (${code}); where plain HTTP is meant, ${advice.plainHttp}`;
    default:
      return `does not answer (${code})`;
  }
}
