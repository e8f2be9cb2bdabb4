import { once } from 'node:events';
import {
  createServer,
  IncomingMessage,
  OutgoingHttpHeaders,
  Server,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { AddressInfo } from 'node:net';

/** What a scripted registry answers; nothing at all where it is `silence`. */
export type ScriptedAnswer =
  | { status: number; headers?: OutgoingHttpHeaders; body?: unknown }
  | 'silence';

/** A registry, or what stands beside it, that answers as a test says and remembers what it was asked. */
export class ScriptedRegistry {
  /** `METHOD path?query authorization`, one a request. */
  readonly asked: string[] = [];
  answer: (asked: {
    method: string;
    path: string;
    query: URLSearchParams;
    authorization?: string;
    accept: string;
  }) => ScriptedAnswer = () => ({ status: 500 });
  readonly #servers: Server[] = [];

  /** Returns its address. */
  async start(certificate?: { cert: string; key: string }): Promise<string> {
    const server = certificate ? createTlsServer(certificate) : createServer();
    this.#servers.push(server);
    server.on('request', (request: IncomingMessage, response) => {
      const { authorization, accept = '' } = request.headers;
      const method = request.method ?? '';
      const url = new URL(request.url ?? '', 'http://registry');
      this.asked.push(
        [method, request.url, authorization].filter(Boolean).join(' '),
      );
      const answer = this.answer({
        method,
        path: url.pathname,
        query: url.searchParams,
        authorization,
        accept,
      });
      if (answer === 'silence') {
        return;
      }
      const { status, headers, body } = answer;
      response.writeHead(status, headers);
      response.end(method === 'HEAD' ? undefined : textOf(body));
    });
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    return `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`;
  }

  /** Ends it at each address that it was started at. */
  async stop(): Promise<void> {
    await Promise.all(
      this.#servers.splice(0).map(async server => {
        const closed = once(server, 'close');
        server.close();
        server.closeAllConnections();
        await closed;
      }),
    );
  }
}

/** What the distribution API answers where it has no such thing, or refuses it. */
export function registryError(status: number, code: string): ScriptedAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: { errors: [{ code, message: code }] },
  };
}

function textOf(body: unknown): string | undefined {
  return typeof body === 'string' ? body : JSON.stringify(body);
}
