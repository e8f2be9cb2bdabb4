import {
  CustomErrorBase,
  isError,
  ServiceUnavailableError,
  stringifyError,
} from '@backstage/errors';
import { AnswerError } from './AnswerError';
import { readLines } from './readLines';
import { readList } from './readList';
import { ByteStream, readBeginning } from './readText';
import { within } from '../within';

const REQUEST_TIMEOUT_MS = 15_000;
// A list of thousands of Applications is tens of megabytes.
const LIST_TIMEOUT_MS = 60_000;
// The resource tree of an Application of thousands of resources is some megabytes.
const MAX_CHARACTERS = 64 * 1024 * 1024;
const MAX_ERROR_CHARACTERS = 64 * 1024;
const MAX_ERROR_MESSAGE_CHARACTERS = 300;

const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
]);

// How fetch ends a body of which nothing came for minutes.
const SILENT = 'UND_ERR_BODY_TIMEOUT';

/** What an upstream answered instead of what was asked for. */
export interface Refusal {
  status: number;
  /** Its body, where that is JSON. */
  body: unknown;
}

/** What is the same for everything that is asked of an upstream. */
export interface UpstreamAccess {
  /** What paths are appended to. */
  baseUrl: string;
  headers: Record<string, string>;
}

/** Something that is sent to an upstream. */
export interface UpstreamWrite {
  method: 'POST' | 'PATCH';
  /** Of the body, which is sent as JSON. */
  contentType: string;
  body: unknown;
}

type Fetch = (
  url: string,
  init: {
    method?: string;
    headers: Record<string, string>;
    body?: string;
    redirect: 'error';
    signal: AbortSignal;
  },
) => Promise<{
  ok: boolean;
  status: number;
  headers: { get(name: string): string | null };
  body: ByteStream | null;
}>;

/** An HTTP upstream that answers in JSON. Its faults become messages that say what is wrong and hold no secret. */
export class JsonUpstream {
  readonly #name: string;
  readonly #access: () => Promise<UpstreamAccess>;
  readonly #refusal: (refusal: Refusal) => Error | undefined;
  readonly #hints: { page: string; untrusted: string };
  readonly #fetch: Fetch;
  readonly #close?: () => Promise<void>;

  /**
   * @param options.name - how messages call it, such as `Argo CD main`
   * @param options.access - asked before each request, so that a new token is used at once
   * @param options.refusal - what to make of a status; where it knows nothing the status is told
   * @param options.hints - what to do about an answer that is a web page, and about a certificate that is not trusted
   * @param options.close - lets go of what `fetch` holds
   */
  constructor(options: {
    name: string;
    access: () => Promise<UpstreamAccess>;
    refusal: (refusal: Refusal) => Error | undefined;
    hints: { page: string; untrusted: string };
    fetch?: Fetch;
    close?: () => Promise<void>;
  }) {
    this.#name = options.name;
    this.#access = options.access;
    this.#refusal = options.refusal;
    this.#hints = options.hints;
    // Looked up at each request, for those who replace it, as to go through a proxy.
    this.#fetch = options.fetch ?? ((url, init) => fetch(url, init));
    this.#close = options.close;
  }

  /** Lets go of connections. */
  async close(): Promise<void> {
    await this.#close?.();
  }

  /** A whole answer. */
  async json(
    path: string,
    signal: AbortSignal,
    limitMs = REQUEST_TIMEOUT_MS,
  ): Promise<unknown> {
    return this.#whole(limitMs, path, signal, readJson);
  }

  /** Sends something, once; returns the whole answer. */
  async send(
    path: string,
    write: UpstreamWrite,
    signal: AbortSignal,
  ): Promise<unknown> {
    return this.#whole(REQUEST_TIMEOUT_MS, path, signal, readJson, write);
  }

  /** A list, item by item; returns what surrounds the items. */
  async list(
    path: string,
    signal: AbortSignal,
    onItem: (item: unknown) => void,
  ): Promise<Record<string, unknown>> {
    return this.#whole(LIST_TIMEOUT_MS, path, signal, (body, ended) =>
      readList(body, ended, onItem),
    );
  }

  /** Lines of JSON as they come, until the upstream ends them or the signal aborts. */
  async *lines(path: string, signal: AbortSignal): AsyncGenerator<unknown> {
    const access = await this.#access();
    try {
      const body = await this.#open(path, access, signal);
      for await (const line of readLines(body, signal)) {
        yield parseLine(line);
      }
    } catch (error) {
      if (!signal.aborted && codeOf(causeOf(error)) !== SILENT) {
        throw this.#told(error, access);
      }
    }
  }

  async #whole<T>(
    limitMs: number,
    path: string,
    signal: AbortSignal,
    read: (body: ByteStream, signal: AbortSignal) => Promise<T>,
    write?: UpstreamWrite,
  ): Promise<T> {
    const access = await this.#access();
    try {
      return await within(limitMs, signal, async ended =>
        read(await this.#open(path, access, ended, write), ended),
      );
    } catch (error) {
      throw this.#told(error, access);
    }
  }

  async #open(
    path: string,
    access: UpstreamAccess,
    signal: AbortSignal,
    write?: UpstreamWrite,
  ): Promise<ByteStream> {
    const response = await this.#fetch(`${access.baseUrl}${path}`, {
      ...(write && {
        method: write.method,
        body: JSON.stringify(write.body),
      }),
      headers: {
        ...access.headers,
        ...(write && { 'content-type': write.contentType }),
      },
      // A token must not follow a redirect to another host.
      redirect: 'error',
      signal,
    });
    const { status, body } = response;
    const type = response.headers.get('content-type');
    const isJson = !type || /\bjson\b/i.test(type);
    if (!response.ok) {
      const text = body
        ? await readBeginning(body, signal, MAX_ERROR_CHARACTERS)
        : '';
      const refusal = {
        status,
        body: isJson ? parseOrNothing(withoutSecret(text, access)) : undefined,
      };
      throw (
        this.#refusal(refusal) ??
        new ServiceUnavailableError(
          [`${this.#name} answered ${status}`, messageOf(refusal.body)]
            .filter(Boolean)
            .join(': '),
        )
      );
    }
    if (!isJson || !body) {
      await body?.cancel();
      throw new ServiceUnavailableError(
        `${this.#name} answered with ${type ?? 'nothing'} and not with JSON; ${
          this.#hints.page
        }`,
      );
    }
    return body;
  }

  #told(error: unknown, access: UpstreamAccess): Error {
    return error instanceof CustomErrorBase
      ? error
      : this.#explained(error, access);
  }

  #explained(error: unknown, access: UpstreamAccess): Error {
    if (error instanceof AnswerError) {
      return new ServiceUnavailableError(
        `${this.#name} sent what cannot be read: ${error.message}`,
      );
    }
    const cause = causeOf(error);
    const code = codeOf(cause);
    if (code && UNTRUSTED.has(code)) {
      return new ServiceUnavailableError(
        `${this.#name} has a certificate that is not trusted (${code}); ${
          this.#hints.untrusted
        }`,
      );
    }
    if (isError(cause) && cause.message === 'unexpected redirect') {
      return new ServiceUnavailableError(
        `${this.#name} redirects, perhaps to a page to sign in; ${
          this.#hints.page
        }`,
      );
    }
    return new ServiceUnavailableError(
      `${this.#name} does not answer (${withoutSecret(
        stringifyError(cause),
        access,
      )})`,
    );
  }
}

/** What an error body says in words: Argo CD's `message`, that of Kubernetes, or that of Backstage. */
export function messageOf(body: unknown): string | undefined {
  const { message, error } = (body ?? {}) as {
    message?: unknown;
    error?: unknown;
  };
  const { message: inner } = (error ?? {}) as { message?: unknown };
  const found = [message, inner, error].find(text => typeof text === 'string');
  return found?.slice(0, MAX_ERROR_MESSAGE_CHARACTERS);
}

// An upstream, or fetch itself, may repeat what it was sent.
function withoutSecret(text: string, { headers }: UpstreamAccess): string {
  const secret = headers.authorization?.replace(/^\S+\s+/, '');
  return secret ? text.replaceAll(secret, '***') : text;
}

async function readJson(
  body: ByteStream,
  signal: AbortSignal,
): Promise<unknown> {
  const text = await readBeginning(body, signal, MAX_CHARACTERS);
  try {
    return JSON.parse(text);
  } catch {
    throw new AnswerError('the answer is no JSON');
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new AnswerError('a line that is no JSON');
  }
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// fetch fails with a TypeError that says nothing but has the cause.
function causeOf(error: unknown): unknown {
  return isError(error) && isError(error.cause) ? error.cause : error;
}

function codeOf(error: unknown): string | undefined {
  return isError(error) && typeof error.code === 'string'
    ? error.code
    : undefined;
}
