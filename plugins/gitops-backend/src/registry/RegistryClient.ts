import { rootCertificates } from 'node:tls';
import { isError } from '@backstage/errors';
import { Agent, fetch as fetchWithAgent } from 'undici';
import { ByteStream, readBeginning } from '../argocd/readText';
import { TimeLimitError, within } from '../argocd/within';
import { RegistryConfig, RegistryCredentials } from '../config';
import { Challenge, parseChallenge } from './challenge';
import { RegistryImage } from './registryImage';

/** What a registry says of an image. */
export type RegistryLook =
  | { state: 'exists'; digest?: string }
  | { state: 'missing' }
  | {
      state: 'unknown';
      /** In words for a person; made from our own words alone, so that no secret can be in it. */
      reason: string;
      /** Whether the registry as a whole does not answer now, and not this image alone. */
      away: boolean;
      /** How long it wants to be left alone. */
      retryAfterMs?: number;
    };

const TIMEOUT_MS = 10_000;
const MAX_REDIRECTS = 3;
const MAX_CHARACTERS = 64 * 1024;
// What a token may be used for where its answer does not say, and how much earlier a new one is asked for.
const TOKEN_LIFE_MS = 60_000;
const TOKEN_MARGIN_MS = 10_000;
const MAX_TOKENS = 500;

// A registry may have a multi-platform image in any of these, and says that it has none to who does not take it.
const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
  '*/*;q=0.1',
].join(', ');

// NOT_FOUND is Harbor's; TAG_EXPIRED is Quay's.
const MISSING = new Set([
  'MANIFEST_UNKNOWN',
  'NAME_UNKNOWN',
  'NOT_FOUND',
  'TAG_EXPIRED',
]);

// Who does not know HEAD of a manifest says so in one of these ways.
const HEAD_REFUSED = new Set([400, 404, 405, 501]);

type Unknown = Extract<RegistryLook, { state: 'unknown' }>;

/** Ends a look with what is to be said of it. */
class Unanswered extends Error {
  name = 'Unanswered';
  readonly look: Unknown;

  constructor(reason: string, options: Partial<Omit<Unknown, 'state'>> = {}) {
    super(reason);
    this.look = { state: 'unknown', reason, away: false, ...options };
  }
}

interface Answer {
  status: number;
  headers: { get(name: string): string | null };
  body: ByteStream | null;
}

type Fetch = (
  url: string,
  init: {
    method: string;
    headers: Record<string, string>;
    redirect: 'manual';
    signal: AbortSignal;
  },
) => Promise<Answer>;

/**
 * One container registry over the OCI distribution API, asked whether it has an image and nothing else.
 *
 * Credentials are sent to the configured address, and to the token service that it names, which has to be HTTPS
 * where the registry is. A redirect is followed without them where it leads to another host.
 */
export class RegistryClient {
  readonly #config: RegistryConfig;
  readonly #timeoutMs: number;
  readonly #agent?: Agent;
  readonly #fetch: Fetch;
  readonly #tokens = new Map<string, { token: string; endsAt: number }>();

  /** @param options.timeoutMs - in tests, another time than is given to one look */
  constructor(config: RegistryConfig, options: { timeoutMs?: number } = {}) {
    this.#config = config;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    const { ca } = config;
    // The token service may have a public certificate although the registry has none.
    const agent =
      ca === undefined
        ? undefined
        : new Agent({ connect: { ca: [...rootCertificates, ca] } });
    this.#agent = agent;
    this.#fetch = agent
      ? (url, init) => fetchWithAgent(url, { ...init, dispatcher: agent })
      : (url, init) => fetch(url, init);
  }

  get host(): string {
    return this.#config.host;
  }

  /** Asks whether the registry has an image. Rejects only where the signal aborts. */
  async look(image: RegistryImage, signal: AbortSignal): Promise<RegistryLook> {
    try {
      return await within(this.#timeoutMs, signal, ended =>
        this.#look(image, ended),
      );
    } catch (error) {
      signal.throwIfAborted();
      return error instanceof Unanswered ? error.look : this.#unanswered(error);
    }
  }

  async close(): Promise<void> {
    await this.#agent?.destroy();
  }

  async #look(
    image: RegistryImage,
    signal: AbortSignal,
  ): Promise<RegistryLook> {
    const head = await this.#manifest('HEAD', image, signal);
    const found = this.#found(head);
    if (found) {
      return found;
    }
    // A HEAD says nothing but its status: whether the image is missing or the address wrong, only a body tells.
    if (head.status !== 200 && !HEAD_REFUSED.has(head.status)) {
      throw await this.#refused(head);
    }
    const answer = await this.#manifest('GET', image, signal);
    const there = this.#found(answer);
    if (there) {
      await answer.body?.cancel();
      return there;
    }
    if (answer.status === 200) {
      await answer.body?.cancel();
      throw new Unanswered(
        `${this.host} answers with a page and not with an image; correct url in gitops.registries, which is where it answers, without /v2`,
      );
    }
    if (answer.status !== 404) {
      throw await this.#refused(answer);
    }
    const codes = errorCodes(await textOf(answer, signal));
    if (codes.some(code => MISSING.has(code))) {
      return { state: 'missing' };
    }
    throw new Unanswered(
      `${this.host} has no such address (404) and does not answer as a registry does; correct url in gitops.registries, which is where it answers, without /v2`,
    );
  }

  #found({ status, headers }: Answer): RegistryLook | undefined {
    const digest = headers.get('docker-content-digest') ?? undefined;
    const type = headers.get('content-type') ?? '';
    // A proxy's page to sign in is a 200 too.
    const isManifest =
      digest !== undefined || /\b(manifest|image\.index)\b/i.test(type);
    return status === 200 && isManifest
      ? {
          state: 'exists',
          ...(digest && isDigest(digest) && { digest }),
        }
      : undefined;
  }

  async #manifest(
    method: 'HEAD' | 'GET',
    { repository, reference }: RegistryImage,
    signal: AbortSignal,
  ): Promise<Answer> {
    const url = `${this.#config.url}/v2/${repository}/manifests/${reference}`;
    const credentials = this.#credentials();
    const ask = (authorization: string | undefined) =>
      this.#follow(method, url, authorization, signal);
    const known = this.#knownToken(tokenKey(repository, credentials));
    const first =
      credentials && 'token' in credentials
        ? `Bearer ${credentials.token}`
        : known && `Bearer ${known}`;
    const answer = await ask(first);
    if (answer.status !== 401 || (credentials && 'token' in credentials)) {
      return answer;
    }
    await answer.body?.cancel();
    this.#tokens.delete(tokenKey(repository, credentials));
    const challenge = parseChallenge(answer.headers.get('www-authenticate'));
    if (challenge?.scheme === 'bearer') {
      const token = await this.#token(
        challenge,
        repository,
        credentials,
        signal,
      );
      return ask(`Bearer ${token}`);
    }
    return challenge && credentials ? ask(basic(credentials)) : answer;
  }

  // Who is redirected to another host has no business there with our credentials, and answers no challenge of it.
  async #follow(
    method: string,
    url: string,
    authorization: string | undefined,
    signal: AbortSignal,
  ): Promise<Answer> {
    let at = url;
    for (let redirects = 0; ; redirects += 1) {
      const isOwn = new URL(at).origin === new URL(url).origin;
      const answer = await this.#fetch(at, {
        method,
        headers: {
          accept: MANIFEST_TYPES,
          ...(isOwn && authorization !== undefined && { authorization }),
        },
        redirect: 'manual',
        signal,
      });
      const location = answer.headers.get('location');
      if (answer.status < 300 || answer.status >= 400 || location === null) {
        if (!isOwn && answer.status === 401) {
          await answer.body?.cancel();
          throw new Unanswered(
            `${this.host} redirects to another host, which wants credentials of its own (401)`,
          );
        }
        return answer;
      }
      await answer.body?.cancel();
      if (redirects === MAX_REDIRECTS || !this.#mayAsk(location, at)) {
        throw new Unanswered(
          `${this.host} redirects to where it is not followed; correct url in gitops.registries`,
        );
      }
      at = new URL(location, at).href;
    }
  }

  async #token(
    challenge: Extract<Challenge, { scheme: 'bearer' }>,
    repository: string,
    credentials: Password | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    if (!this.#mayAsk(challenge.realm, undefined)) {
      throw new Unanswered(
        `${this.host} names a token service that is not asked: its address is none, or not HTTPS`,
      );
    }
    const url = new URL(challenge.realm);
    if (challenge.service !== undefined) {
      url.searchParams.set('service', challenge.service);
    }
    url.searchParams.set(
      'scope',
      challenge.scope ?? `repository:${repository}:pull`,
    );
    if (credentials) {
      url.searchParams.set('account', credentials.username);
    }
    const answer = await this.#fetch(url.href, {
      method: 'GET',
      headers: {
        accept: 'application/json',
        ...(credentials && { authorization: basic(credentials) }),
      },
      redirect: 'manual',
      signal,
    });
    if (answer.status !== 200) {
      throw await this.#refused(answer, 'The token service of ');
    }
    const granted = parseGranted(await textOf(answer, signal));
    if (!granted) {
      throw new Unanswered(
        `The token service of ${this.host} answers without a token`,
      );
    }
    this.#keepToken(tokenKey(repository, credentials), granted);
    return granted.token;
  }

  #knownToken(key: string): string | undefined {
    const known = this.#tokens.get(key);
    return known && known.endsAt > performance.now() ? known.token : undefined;
  }

  #keepToken(key: string, { token, lifeMs }: Granted): void {
    this.#tokens.delete(key);
    this.#tokens.set(key, {
      token,
      endsAt: performance.now() + lifeMs - TOKEN_MARGIN_MS,
    });
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > MAX_TOKENS) {
      this.#tokens.delete(oldest);
    }
  }

  // Whether an address that the registry names may be asked: never by plain HTTP where the registry itself is not.
  #mayAsk(address: string, base: string | undefined): boolean {
    if (!URL.canParse(address, base)) {
      return false;
    }
    const { protocol, username, password } = new URL(address, base);
    const isPlain = this.#config.url.startsWith('http:');
    return (
      (protocol === 'https:' || (isPlain && protocol === 'http:')) &&
      username === '' &&
      password === ''
    );
  }

  #credentials(): RegistryCredentials | undefined {
    const credentials = this.#config.credentials();
    if (credentials && 'token' in credentials && !isToken(credentials.token)) {
      throw new Unanswered(
        `The token of ${this.host} is no token: it has characters that none has; give a valid one in gitops.registries`,
      );
    }
    return credentials;
  }

  async #refused(
    { status, headers, body }: Answer,
    whose = '',
  ): Promise<Unanswered> {
    await body?.cancel();
    const who = `${whose}${this.host}`;
    const credentials = this.#config.credentials();
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

  // What fetch throws may hold what was sent; of it only a code is told.
  #unanswered(error: unknown): RegistryLook {
    const reason =
      error instanceof TimeLimitError
        ? `does not answer within ${this.#timeoutMs / 1000} s`
        : explain(codeOf(error));
    return { state: 'unknown', reason: `${this.host} ${reason}`, away: true };
  }
}

type Password = Extract<RegistryCredentials, { username: string }>;

interface Granted {
  token: string;
  lifeMs: number;
}

function basic({ username, password }: Password): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

// A token is somebody's: it is not used on when the configuration has another account.
function tokenKey(
  repository: string,
  credentials: RegistryCredentials | undefined,
): string {
  return JSON.stringify([repository, credentials]);
}

function isToken(token: string): boolean {
  return /^[\x21-\x7e]+$/.test(token);
}

function isDigest(text: string): boolean {
  return /^[a-z0-9+._-]+:[0-9a-f]{32,128}$/i.test(text);
}

async function textOf({ body }: Answer, signal: AbortSignal): Promise<string> {
  return body ? readBeginning(body, signal, MAX_CHARACTERS) : '';
}

function errorCodes(text: string): string[] {
  const { errors } = (parseOrNothing(text) ?? {}) as { errors?: unknown };
  return (Array.isArray(errors) ? errors : []).flatMap(error => {
    const { code } = (error ?? {}) as { code?: unknown };
    return typeof code === 'string' ? [code] : [];
  });
}

// Some token services call it access_token.
function parseGranted(text: string): Granted | undefined {
  const answer = (parseOrNothing(text) ?? {}) as Record<string, unknown>;
  const token = [answer.token, answer.access_token].find(
    (found): found is string => typeof found === 'string' && isToken(found),
  );
  const seconds = Number(answer.expires_in);
  return token === undefined
    ? undefined
    : { token, lifeMs: seconds > 0 ? seconds * 1000 : TOKEN_LIFE_MS };
}

function retryAfterMs(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header)
    ? Number(header) * 1000
    : undefined;
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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
