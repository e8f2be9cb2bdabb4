import { rootCertificates } from 'node:tls';
import { Agent, fetch as fetchWithAgent } from 'undici';
import { ByteStream } from './ByteStream';
import { RegistryAccess } from './RegistryAccess';

/** What somebody answered; its body is for who asked to read or to cancel. */
export interface RegistryAnswered {
  status: number;
  headers: { get(name: string): string | null };
  body: ByteStream | null;
}

/** A request that follows no redirect by itself. */
export interface RegistryRequest {
  method: 'HEAD' | 'GET';
  headers: Record<string, string>;
}

/** How a registry, and whom it names, is reached: with the CA that is configured, and never less safely than it itself. */
export class RegistryHttp {
  readonly #isPlain: boolean;
  readonly #agent?: Agent;

  constructor({ url, ca }: Pick<RegistryAccess, 'url' | 'ca'>) {
    this.#isPlain = url.startsWith('http:');
    // The token service may have a public certificate although the registry has none.
    this.#agent =
      ca === undefined
        ? undefined
        : new Agent({ connect: { ca: [...rootCertificates, ca] } });
  }

  async send(
    url: string,
    request: RegistryRequest,
    signal: AbortSignal,
  ): Promise<RegistryAnswered> {
    const init = { ...request, redirect: 'manual' as const, signal };
    return this.#agent
      ? fetchWithAgent(url, { ...init, dispatcher: this.#agent })
      : fetch(url, init);
  }

  /** Whether an address that the registry names may be asked: never by plain HTTP where the registry itself is not. */
  mayAsk(address: string, base?: string): boolean {
    if (!URL.canParse(address, base)) {
      return false;
    }
    const { protocol, username, password } = new URL(address, base);
    return (
      (protocol === 'https:' || (this.#isPlain && protocol === 'http:')) &&
      username === '' &&
      password === ''
    );
  }

  async close(): Promise<void> {
    await this.#agent?.destroy();
  }
}
