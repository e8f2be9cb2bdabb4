import { IncomingMessage, ServerResponse } from 'node:http';
import { Handler } from '../http/LoopbackServer';
import { readJson, sendJson, urlOf } from '../http/messages';

const CONTROL = '/_control/';

/** The calls to a stand-in since its counts were last reset. */
export interface Calls {
  total: number;
  /** Those of the total that were answered with 304: GitHub does not count them against its rate limit. */
  notModified: number;
  /** By route, such as `GET /repos/{owner}/{repo}/git/ref/{ref}`. */
  routes: Record<string, number>;
  /** When the first call came, in milliseconds since 1970. */
  firstAt?: number;
}

/** Counts the calls to a stand-in. A call counts from the moment it comes; a stream that stays open is one call. */
export class CallCounts {
  readonly #routeOf: (method: string, path: string) => string;
  #calls: Calls = { total: 0, notModified: 0, routes: {} };

  /** @param routeOf - names the route of a call, so that counts do not grow with what is asked for */
  constructor(routeOf: (method: string, path: string) => string) {
    this.#routeOf = routeOf;
  }

  get calls(): Calls {
    return this.#calls;
  }

  reset(): void {
    this.#calls = { total: 0, notModified: 0, routes: {} };
  }

  count(request: IncomingMessage, response: ServerResponse): void {
    const calls = this.#calls;
    const { pathname } = urlOf(request);
    const route = this.#routeOf(request.method ?? 'GET', pathname);
    calls.total += 1;
    calls.routes[route] = (calls.routes[route] ?? 0) + 1;
    calls.firstAt ??= Date.now();
    response.once('finish', () => {
      if (response.statusCode === 304) {
        calls.notModified += 1;
      }
    });
  }
}

/** What a stand-in does when its control routes are asked to, by the last part of their path. */
export type Controls = Record<
  string,
  (body: Record<string, unknown>) => object | Promise<object>
>;

/**
 * Puts control routes before a stand-in, on a path of their own that is not counted: `GET /_control/calls` for the
 * counts, `POST /_control/reset` to have them begin anew, and a `POST` for each of the stand-in's own controls.
 */
export function withControls(
  counts: CallCounts,
  controls: Controls,
  handler: Handler,
): Handler {
  const all: Controls = {
    ...controls,
    reset: () => {
      counts.reset();
      return {};
    },
  };
  return async (request, response) => {
    const { pathname } = urlOf(request);
    if (!pathname.startsWith(CONTROL)) {
      counts.count(request, response);
      await handler(request, response);
      return;
    }
    const name = pathname.slice(CONTROL.length);
    if (request.method === 'GET' && name === 'calls') {
      sendJson(response, 200, counts.calls);
    } else if (request.method === 'POST' && Object.hasOwn(all, name)) {
      sendJson(response, 200, await all[name](await readJson(request)));
    } else {
      sendJson(response, 404, { message: `There is no control ${name}` });
    }
  };
}
