import {
  createServer,
  IncomingMessage,
  Server,
  ServerResponse,
} from 'node:http';
import { AddressInfo } from 'node:net';

const LOOPBACK = '127.0.0.1';

/** Answers one request; what it throws becomes a 500. */
export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<void>;

/** Where a server listens, and how a person gives it another port. */
export interface Listen {
  /** As in "GitHub": named in the error when the port is taken. */
  title: string;
  /** Command line option that gives another port. */
  option: string;
  /** 0 picks a free one. */
  port: number;
}

/**
 * An HTTP server on loopback that can be taken down as if its machine were gone: connections that are open are cut,
 * and new ones are cut as soon as they are made. The port stays ours, so that it can be brought back.
 */
export class LoopbackServer {
  readonly url: string;
  readonly #server: Server;
  readonly #requests = new Map<string, number>();
  #down = false;

  /** @throws Error that names the port when it is taken. */
  static async listen(
    listen: Listen,
    handler: Handler,
  ): Promise<LoopbackServer> {
    const server = createServer((request, response) => {
      handler(request, response).catch(error => fail(response, error));
    });
    // Streams of events stay open for as long as their client wants.
    server.requestTimeout = 0;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        reject(
          error.code === 'EADDRINUSE'
            ? new Error(
                `Port ${listen.port}, where ${listen.title} should listen, is taken; free it, or give another with ${listen.option}`,
              )
            : error,
        ),
      );
      server.listen(listen.port, LOOPBACK, resolve);
    });
    return new LoopbackServer(server);
  }

  private constructor(server: Server) {
    const { port } = server.address() as AddressInfo;
    this.url = `http://localhost:${port}`;
    this.#server = server;
    server.on('request', ({ method, url = '' }) => {
      const [path] = url.split('?', 1);
      const route = `${method} ${path.replace(/[0-9a-f]{40}/g, '{sha}')}`;
      this.#requests.set(route, (this.#requests.get(route) ?? 0) + 1);
    });
    server.on('connection', socket => {
      if (this.#down) {
        socket.destroy();
      }
    });
  }

  /** How often each route was asked for, commits and contents taken together. */
  get requests(): Record<string, number> {
    return Object.fromEntries(this.#requests);
  }

  get down(): boolean {
    return this.#down;
  }

  set down(down: boolean) {
    this.#down = down;
    if (down) {
      this.#server.closeAllConnections();
    }
  }

  async close(): Promise<void> {
    await new Promise<void>(resolve => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(500, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({
      message: `The sandbox failed: ${
        error instanceof Error ? error.stack : error
      }`,
    }),
  );
}
