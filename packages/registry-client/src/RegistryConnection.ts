import { parseChallenge } from './challenge';
import { basic, isToken } from './credentials';
import { refusal } from './failures';
import { RegistryAccess, RegistryCredentials } from './RegistryAccess';
import {
  RegistryAnswered,
  RegistryHttp,
  RegistryRequest,
} from './RegistryHttp';
import { Unanswered } from './RegistryLook';
import { TokenService } from './TokenService';

const MAX_REDIRECTS = 3;

/** What is asked for of a repository. */
export interface Wanted {
  /** Below the repository's address, such as `manifests/1.4.2`. */
  path: string;
  method: RegistryRequest['method'];
  accept: string;
}

/**
 * One registry, asked as the account that is configured.
 *
 * Credentials are sent to the configured address, and to the token service that it names, which has to be HTTPS
 * where the registry is. A redirect is followed without them where it leads to another host.
 */
export class RegistryConnection {
  readonly #access: RegistryAccess;
  readonly #http: RegistryHttp;
  readonly #tokens: TokenService;

  constructor(access: RegistryAccess) {
    this.#access = access;
    this.#http = new RegistryHttp(access);
    this.#tokens = new TokenService(access, this.#http);
  }

  get host(): string {
    return this.#access.host;
  }

  /**
   * Resolves to the answer, whatever its status, once challenges and redirects are dealt with.
   *
   * @throws Unanswered where it came to none of the registry's.
   */
  async ask(
    repository: string,
    wanted: Wanted,
    signal: AbortSignal,
  ): Promise<RegistryAnswered> {
    const credentials = this.#credentials();
    const ask = (authorization: string | undefined) =>
      this.#follow(repository, wanted, authorization, signal);
    if (credentials && 'token' in credentials) {
      return ask(`Bearer ${credentials.token}`);
    }
    const known = this.#tokens.known(repository, credentials);
    const answer = await ask(known && `Bearer ${known}`);
    if (answer.status !== 401) {
      return answer;
    }
    const challenge = parseChallenge(answer.headers.get('www-authenticate'));
    if (challenge?.scheme === 'bearer') {
      await answer.body?.cancel();
      const token = await this.#tokens.ask(
        challenge,
        repository,
        credentials,
        signal,
      );
      return ask(`Bearer ${token}`);
    }
    if (challenge && credentials) {
      await answer.body?.cancel();
      return ask(basic(credentials));
    }
    return answer;
  }

  /** What is to be said of an answer that is a refusal. Its body is not read. */
  async refused(answer: RegistryAnswered): Promise<Unanswered> {
    await answer.body?.cancel();
    const { credentials, advice } = this.#access;
    return refusal(answer, this.host, credentials(), advice);
  }

  async close(): Promise<void> {
    await this.#http.close();
  }

  // Who is redirected to another host has no business there with our credentials, and answers no challenge of it.
  async #follow(
    repository: string,
    { path, method, accept }: Wanted,
    authorization: string | undefined,
    signal: AbortSignal,
  ): Promise<RegistryAnswered> {
    const url = `${this.#access.url}/v2/${repository}/${path}`;
    let at = url;
    for (let redirects = 0; ; redirects += 1) {
      const isOwn = new URL(at).origin === new URL(url).origin;
      const answer = await this.#http.send(
        at,
        {
          method,
          headers: {
            accept,
            ...(isOwn && authorization !== undefined && { authorization }),
          },
        },
        signal,
      );
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
      if (redirects === MAX_REDIRECTS || !this.#http.mayAsk(location, at)) {
        throw new Unanswered(
          `${
            this.host
          } redirects to where it is not followed; correct its address ${
            this.#access.advice.url
          }`,
        );
      }
      at = new URL(location, at).href;
    }
  }

  #credentials(): RegistryCredentials | undefined {
    const credentials = this.#access.credentials();
    if (credentials && 'token' in credentials && !isToken(credentials.token)) {
      throw new Unanswered(
        `The token of ${
          this.host
        } is no token: it has characters that none has; give a valid one ${
          this.#access.advice.credentials
        }`,
      );
    }
    return credentials;
  }
}
