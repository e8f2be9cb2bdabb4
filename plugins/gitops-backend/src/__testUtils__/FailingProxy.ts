import { once } from 'node:events';
import {
  createServer,
  IncomingMessage,
  request as httpRequest,
  Server,
  ServerResponse,
} from 'node:http';
import { AddressInfo } from 'node:net';

/** Before an upstream, which it asks with a token of its own; answers in its place where a test says so. */
export class FailingProxy {
  /** Every `authorization` that came. */
  readonly authorizations = new Set<string>();
  /** What was written, with what. */
  readonly writes: { path: string; method: string; authorization: string }[] =
    [];
  fail?: (request: IncomingMessage, response: ServerResponse) => void;
  /** Which requests it answers in the upstream's place. */
  failsFor: (authorization: string) => boolean = () => true;
  readonly #server: Server;

  static async start(upstream: string, token?: string): Promise<FailingProxy> {
    const proxy = new FailingProxy(upstream, token);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  private constructor(upstream: string, token?: string) {
    this.#server = createServer((request, response) => {
      const { url: path, method } = request;
      const { authorization, ...headers } = request.headers;
      if (authorization) {
        this.authorizations.add(authorization);
      }
      if (method !== 'GET') {
        this.writes.push({
          path: path ?? '',
          method: method ?? '',
          authorization: authorization ?? '',
        });
      }
      if (this.fail && this.failsFor(authorization ?? '')) {
        this.fail(request, response);
        return;
      }
      const { hostname, port } = new URL(upstream);
      const forwarded = httpRequest(
        {
          hostname,
          port,
          path,
          method,
          headers: {
            ...headers,
            ...(token && { authorization: `Bearer ${token}` }),
          },
        },
        answer => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        },
      );
      forwarded.on('error', () => response.destroy());
      response.on('close', () => forwarded.destroy());
      request.pipe(forwarded);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cuts all connections, so that streams are asked for anew. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  async close(): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, 'close');
  }
}
