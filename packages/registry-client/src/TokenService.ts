import { RegistryAccess, RegistryCredentials } from './RegistryAccess';
import { Challenge } from './challenge';
import { basic, isToken, Password } from './credentials';
import { refusal } from './failures';
import { readJson } from './readJson';
import { RegistryHttp } from './RegistryHttp';
import { Unanswered } from './RegistryLook';

// What a token may be used for where its answer does not say, and how much earlier a new one is asked for.
const TOKEN_LIFE_MS = 60_000;
const TOKEN_MARGIN_MS = 10_000;
const MAX_TOKENS = 500;
const MAX_ANSWER_BYTES = 64 * 1024;

interface Granted {
  token: string;
  lifeMs: number;
}

/** The service that a registry sends to for tokens, and the tokens that it granted, each until it ends. */
export class TokenService {
  readonly #access: RegistryAccess;
  readonly #http: RegistryHttp;
  readonly #tokens = new Map<string, { token: string; endsAt: number }>();

  constructor(access: RegistryAccess, http: RegistryHttp) {
    this.#access = access;
    this.#http = http;
  }

  /** The token for a repository that was granted and has not ended. */
  known(
    repository: string,
    credentials: RegistryCredentials | undefined,
  ): string | undefined {
    const known = this.#tokens.get(tokenKey(repository, credentials));
    return known && known.endsAt > performance.now() ? known.token : undefined;
  }

  /**
   * Asks for a new token to pull from a repository.
   *
   * @throws Unanswered where there is none.
   */
  async ask(
    challenge: Extract<Challenge, { scheme: 'bearer' }>,
    repository: string,
    credentials: Password | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    this.#tokens.delete(tokenKey(repository, credentials));
    if (!this.#http.mayAsk(challenge.realm)) {
      throw new Unanswered(
        `${
          this.#access.host
        } names a token service that is not asked: its address is none, or not HTTPS`,
      );
    }
    const answer = await this.#http.send(
      addressFor(challenge, repository, credentials),
      {
        method: 'GET',
        headers: {
          accept: 'application/json',
          ...(credentials && { authorization: basic(credentials) }),
        },
      },
      signal,
    );
    if (answer.status !== 200) {
      await answer.body?.cancel();
      throw refusal(
        answer,
        `The token service of ${this.#access.host}`,
        credentials,
        this.#access.advice,
      );
    }
    const granted = parseGranted(
      await readJson(answer, signal, MAX_ANSWER_BYTES),
    );
    if (!granted) {
      throw new Unanswered(
        `The token service of ${this.#access.host} answers without a token`,
      );
    }
    this.#keep(tokenKey(repository, credentials), granted);
    return granted.token;
  }

  #keep(key: string, { token, lifeMs }: Granted): void {
    this.#tokens.set(key, {
      token,
      endsAt: performance.now() + lifeMs - TOKEN_MARGIN_MS,
    });
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > MAX_TOKENS) {
      this.#tokens.delete(oldest);
    }
  }
}

// A token is somebody's: it is not used on when the configuration has another account.
function tokenKey(
  repository: string,
  credentials: RegistryCredentials | undefined,
): string {
  return JSON.stringify([repository, credentials]);
}

function addressFor(
  { realm, service, scope }: Extract<Challenge, { scheme: 'bearer' }>,
  repository: string,
  credentials: Password | undefined,
): string {
  const url = new URL(realm);
  if (service !== undefined) {
    url.searchParams.set('service', service);
  }
  url.searchParams.set('scope', scope ?? `repository:${repository}:pull`);
  if (credentials) {
    url.searchParams.set('account', credentials.username);
  }
  return url.href;
}

// Some token services call it access_token.
function parseGranted(answer: unknown): Granted | undefined {
  const {
    token,
    access_token: accessToken,
    expires_in: seconds,
  } = (answer ?? {}) as Record<string, unknown>;
  const granted = [token, accessToken].find(
    (found): found is string => typeof found === 'string' && isToken(found),
  );
  return granted === undefined
    ? undefined
    : {
        token: granted,
        lifeMs: Number(seconds) > 0 ? Number(seconds) * 1000 : TOKEN_LIFE_MS,
      };
}
