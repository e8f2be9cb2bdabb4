import { once } from 'node:events';
import {
  createServer as createHttpServer,
  request as httpRequest,
  Server as HttpServer,
} from 'node:http';
import { AddressInfo, connect, createServer, Server, Socket } from 'node:net';

/** A step of an actor that never comes to its end: what is asked does not arrive, or the answer does not come back. */
export interface Hold {
  actor: string;
  /** The actor's write, counted from 0. */
  at: number;
  afterEffect: boolean;
}

/** Which writes of which actors are held up, and which were. */
class Holds {
  #holds: Hold[] = [];
  readonly #writes = new Map<string, number>();
  /** What was held up, by actor. */
  readonly held = new Map<string, string>();

  set(holds: Hold[]): void {
    this.#holds = holds;
    this.#writes.clear();
    this.held.clear();
  }

  /** Counts a write. Returns what is to happen to it. */
  count(actor: string): 'goes on' | 'held before' | 'held after' {
    const index = this.#writes.get(actor) ?? 0;
    this.#writes.set(actor, index + 1);
    const hold = this.#holds.find(
      ({ actor: held, at }) => held === actor && at === index,
    );
    if (!hold) {
      return 'goes on';
    }
    return hold.afterEffect ? 'held after' : 'held before';
  }
}

/** Between processes and GitHub: holds up requests that write. The first part of a path names the actor. */
export class HeldUpGithub {
  readonly holds = new Holds();
  /** Actors whom no pull request is opened for, as by a GitHub that is away at that moment. */
  readonly withoutPulls = new Set<string>();
  readonly #server: HttpServer;

  static async start(upstream: string): Promise<HeldUpGithub> {
    const proxy = new HeldUpGithub(upstream);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  private constructor(upstream: string) {
    this.#server = createHttpServer((request, response) => {
      const [, actor, path] = /^\/([^/]+)(\/.*)$/.exec(request.url ?? '') ?? [];
      const { method, headers } = request;
      const what = `${method} ${path}`;
      if (/^POST .*\/pulls$/.test(what) && this.withoutPulls.has(actor)) {
        response.writeHead(502).end();
        return;
      }
      const fate = method === 'GET' ? 'goes on' : this.holds.count(actor);
      if (fate === 'held before') {
        this.holds.held.set(actor, what);
        return;
      }
      const { hostname, port } = new URL(upstream);
      const forwarded = httpRequest(
        { hostname, port, path, method, headers },
        answer => {
          if (fate === 'held after') {
            answer.resume();
            answer.on('end', () => this.holds.held.set(actor, what));
            return;
          }
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        },
      );
      forwarded.on('error', () => response.destroy());
      request.pipe(forwarded);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

// At the end of an answer, where no transaction is open any more: ReadyForQuery of PostgreSQL's protocol.
const IDLE = 'Z\0\0\0\x05I';

/**
 * Between processes and PostgreSQL: holds up what writes promotions, at the statement or at the answer to the end of its
 * transaction. A connection's `application_name` names the actor.
 */
export class HeldUpPostgres {
  readonly holds = new Holds();
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  static async start(upstream: {
    host: string;
    port: number;
  }): Promise<HeldUpPostgres> {
    const proxy = new HeldUpPostgres(upstream);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  private constructor(upstream: { host: string; port: number }) {
    this.#server = createServer(client => this.#connect(client, upstream));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#sockets.forEach(socket => socket.destroy());
    this.#server.close();
    await once(this.#server, 'close');
  }

  #connect(client: Socket, upstream: { host: string; port: number }): void {
    const server = connect(upstream);
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());

    let actor = '';
    let statement = '';
    let fate: ReturnType<Holds['count']> = 'goes on';
    let isHeld = false;
    const hold = () => {
      isHeld = true;
      this.holds.held.set(actor, statement);
    };
    client.on('data', data => {
      const text = data.toString('latin1');
      actor ||= /application_name\0(.*?)\0/.exec(text)?.[1] ?? '';
      if (/(?:insert into|update) "promotions"/.test(text)) {
        fate = this.holds.count(actor);
        statement = text;
      }
      if (fate === 'held before' && !isHeld) {
        hold();
      }
      if (!isHeld) {
        server.write(data);
      }
    });
    server.on('data', data => {
      if (fate === 'held after' && data.toString('latin1').endsWith(IDLE)) {
        hold();
      }
      if (!isHeld) {
        client.write(data);
      }
    });
  }
}
