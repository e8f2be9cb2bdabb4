import { createHash } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { sendJson, urlOf } from '../http/messages';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const API_VERSION = { 'docker-distribution-api-version': 'registry/2.0' };
const LOOPBACK_IMAGE =
  /^(?:localhost|127\.0\.0\.1)(?::\d+)?\/([^:@]+)(?::([^@]+))?(?:@(.+))?$/;

/** A registry that holds tags and nothing behind them: the part of the OCI distribution API that tells what is there. */
export class Registry {
  readonly #tags = new Map<string, Set<string>>();

  /** The tags of a repository, oldest first. */
  tags(repository: string): string[] {
    return [...(this.#tags.get(repository) ?? [])];
  }

  add(repository: string, tag: string): void {
    const tags = this.#tags.get(repository) ?? new Set();
    this.#tags.set(repository, tags.add(tag));
  }

  remove(repository: string, tag: string): void {
    this.#tags.get(repository)?.delete(tag);
  }

  clear(): void {
    this.#tags.clear();
  }

  /** Whether a node could pull an image. Only images on loopback are looked for here; others are taken to exist. */
  hasImage(image: string): boolean {
    const [, repository, tag, digest] = LOOPBACK_IMAGE.exec(image) ?? [];
    return (
      !repository ||
      this.#find(repository, digest ?? tag ?? 'latest') !== undefined
    );
  }

  async handle(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { pathname } = urlOf(request);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const [, list] = /^\/v2\/(.+)\/tags\/list$/.exec(pathname) ?? [];
    const [, name, reference] =
      /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(pathname) ?? [];
    const tag = name && this.#find(name, reference);
    if (!isRead) {
      sendError(response, 405, 'UNSUPPORTED', 'The operation is unsupported.');
    } else if (pathname === '/v2/' || pathname === '/v2') {
      sendJson(response, 200, {}, API_VERSION);
    } else if (list && this.#tags.has(list)) {
      sendJson(
        response,
        200,
        { name: list, tags: this.tags(list) },
        API_VERSION,
      );
    } else if (list) {
      sendError(
        response,
        404,
        'NAME_UNKNOWN',
        'repository name not known to registry',
      );
    } else if (tag) {
      const body = manifestOf(name, tag);
      response.writeHead(200, {
        ...API_VERSION,
        'content-type': MANIFEST,
        'content-length': Buffer.byteLength(body),
        'docker-content-digest': digestOf(body),
      });
      response.end(request.method === 'HEAD' ? undefined : body);
    } else {
      sendError(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
    }
  }

  /** The tag that a reference, a tag or a digest, stands for. */
  #find(repository: string, reference: string): string | undefined {
    return this.tags(repository).find(
      tag =>
        tag === reference ||
        digestOf(manifestOf(repository, tag)) === reference,
    );
  }
}

function manifestOf(repository: string, tag: string): string {
  const config = JSON.stringify({ repository, tag });
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: digestOf(config),
      size: Buffer.byteLength(config),
    },
    layers: [],
  });
}

function digestOf(content: string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

function sendError(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
): void {
  sendJson(response, status, { errors: [{ code, message }] }, API_VERSION);
}
