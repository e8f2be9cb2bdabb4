import { IncomingMessage, ServerResponse } from 'node:http';

const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** The whole body of a request. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const buffer = Buffer.from(chunk);
    size += buffer.length;
    if (size > MAX_BODY_BYTES) {
      throw new Error(
        `A request's body is larger than ${MAX_BODY_BYTES} bytes`,
      );
    }
    chunks.push(buffer);
  }
  return Buffer.concat(chunks);
}

/** A JSON body as an object; an empty one, or one that is no object, is an object without properties. */
export async function readJson(
  request: IncomingMessage,
): Promise<Record<string, unknown>> {
  return parseObject((await readBody(request)).toString('utf8'));
}

/** The object that a text is, or one without properties. */
export function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

/** The address of a request; the host does not matter to its reader. */
export function urlOf(request: IncomingMessage): URL {
  return new URL(request.url ?? '/', 'http://localhost');
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    ...headers,
  });
  response.end(`${JSON.stringify(body)}\n`);
}

export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
): void {
  response.writeHead(status, { 'content-type': 'text/plain' });
  response.end(text);
}

export function sendHtml(
  response: ServerResponse,
  status: number,
  html: string,
): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-sandbox'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'",
    'cache-control': 'no-store',
  });
  response.end(html);
}

/** Whether a person's browser asks, rather than a client of the API. */
export function wantsHtml(request: IncomingMessage): boolean {
  return (request.headers.accept ?? '').includes('text/html');
}

/**
 * Whether a request that changes something comes from a page of another site. Requests without a browser behind them
 * carry neither header; a name that resolves to loopback but is not `localhost` gives itself away by the host.
 */
export function isCrossSite(request: IncomingMessage): boolean {
  const { origin, host = '' } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const loopback = /^(localhost|127\.0\.0\.1)(:\d+)?$/.test(host);
  return (
    !loopback ||
    (origin !== undefined && origin !== `http://${host}`) ||
    (site !== undefined && site !== 'same-origin' && site !== 'none')
  );
}

/** The token of an `Authorization` header, or undefined where there is none. */
export function tokenOf(request: IncomingMessage): string | undefined {
  const { authorization } = request.headers;
  return authorization?.replace(/^(bearer|token)\s+/i, '').trim();
}
