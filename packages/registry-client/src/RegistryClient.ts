import { ImageFacts } from '@gitops-infra/backstage-plugin-gitops-common';
import { hasDigest, isVerifiable } from './digest';
import { failure, TimeLimitError } from './failures';
import {
  chosenImage,
  Descriptor,
  ImageManifest,
  MANIFEST_TYPES,
  readFacts,
  readManifest,
} from './imageContent';
import { parseJson, readBytes, readJson } from './readJson';
import { RegistryAccess } from './RegistryAccess';
import { RegistryConnection } from './RegistryConnection';
import { RegistryAnswered } from './RegistryHttp';
import { RegistryImage } from './registryImage';
import { ImageDescription, RegistryLook, Unanswered } from './RegistryLook';

const TIMEOUT_MS = 10_000;
const MAX_ERROR_BYTES = 64 * 1024;
// Real ones have some kilobytes; what is larger is not read.
const MAX_MANIFEST_BYTES = 1024 * 1024;
const MAX_CONFIG_BYTES = 1024 * 1024;

// NOT_FOUND is Harbor's; TAG_EXPIRED is Quay's.
const MISSING = new Set([
  'MANIFEST_UNKNOWN',
  'NAME_UNKNOWN',
  'NOT_FOUND',
  'TAG_EXPIRED',
]);

// Who does not know HEAD of a manifest says so in one of these ways.
const HEAD_REFUSED = new Set([400, 404, 405, 501]);

/**
 * One container registry over the OCI distribution API: whether it has an image, and what the image says of itself.
 *
 * @public
 */
export class RegistryClient {
  readonly #access: RegistryAccess;
  readonly #connection: RegistryConnection;
  readonly #timeoutMs: number;

  /** @param options.timeoutMs - in tests, another time than is given to one question */
  constructor(access: RegistryAccess, options: { timeoutMs?: number } = {}) {
    this.#access = access;
    this.#connection = new RegistryConnection(access);
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  }

  get host(): string {
    return this.#connection.host;
  }

  /** Asks whether the registry has an image. Rejects only where the signal aborts. */
  async look(image: RegistryImage, signal: AbortSignal): Promise<RegistryLook> {
    return this.#within(signal, ended => this.#look(image, ended));
  }

  /**
   * Reads what an image says of itself, from content that has the digest and no other. Rejects only where the signal
   * aborts.
   *
   * @param digest - of the image, as `look` found it
   */
  async describe(
    { repository }: Pick<RegistryImage, 'repository'>,
    digest: string,
    signal: AbortSignal,
  ): Promise<ImageDescription> {
    return this.#within(signal, async ended => ({
      state: 'described',
      facts: await this.#describe(repository, digest, ended),
    }));
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  async #within<T>(
    signal: AbortSignal,
    run: (signal: AbortSignal) => Promise<T>,
  ) {
    signal.throwIfAborted();
    const ended = new AbortController();
    const end = () => ended.abort(signal.reason);
    const timer = setTimeout(
      () => ended.abort(new TimeLimitError()),
      this.#timeoutMs,
    );
    signal.addEventListener('abort', end, { once: true });
    try {
      return await run(ended.signal);
    } catch (error) {
      signal.throwIfAborted();
      return failure(
        this.#access,
        ended.signal.aborted ? ended.signal.reason : error,
        this.#timeoutMs,
      );
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    }
  }

  async #look(
    image: RegistryImage,
    signal: AbortSignal,
  ): Promise<RegistryLook> {
    const head = await this.#manifest('HEAD', image, signal);
    const found = foundBy(head, image);
    if (found) {
      return found;
    }
    // A HEAD says nothing but its status: whether the image is missing or the address wrong, only a body tells.
    if (head.status !== 200 && !HEAD_REFUSED.has(head.status)) {
      throw await this.#connection.refused(head);
    }
    const answer = await this.#manifest('GET', image, signal);
    const there = foundBy(answer, image);
    if (there) {
      await answer.body?.cancel();
      return there;
    }
    if (answer.status === 200) {
      await answer.body?.cancel();
      throw new Unanswered(
        `${
          this.host
        } answers with a page and not with an image; correct its address ${
          this.#access.advice.url
        }, which is where it answers, without /v2`,
      );
    }
    if (answer.status !== 404) {
      throw await this.#connection.refused(answer);
    }
    const codes = errorCodes(await readJson(answer, signal, MAX_ERROR_BYTES));
    if (codes.some(code => MISSING.has(code))) {
      return { state: 'missing' };
    }
    throw new Unanswered(
      `${
        this.host
      } has no such address (404) and does not answer as a registry does; correct its address ${
        this.#access.advice.url
      }, which is where it answers, without /v2`,
    );
  }

  async #manifest(
    method: 'HEAD' | 'GET',
    { repository, reference }: RegistryImage,
    signal: AbortSignal,
  ): Promise<RegistryAnswered> {
    return this.#connection.ask(
      repository,
      { method, path: `manifests/${reference}`, accept: MANIFEST_TYPES },
      signal,
    );
  }

  async #describe(
    repository: string,
    digest: string,
    signal: AbortSignal,
  ): Promise<ImageFacts> {
    const manifest = async (of: string): Promise<ImageManifest | undefined> =>
      readManifest(
        await this.#content(
          repository,
          'manifests',
          of,
          MAX_MANIFEST_BYTES,
          signal,
        ),
      );
    const top = await manifest(digest);
    const isIndex = top?.kind === 'index';
    const chosen = isIndex ? chosenImage(top) : undefined;
    const image = chosen ? await this.#listed(chosen, manifest) : top;
    const config =
      image?.kind === 'manifest' && image.config
        ? await this.#config(repository, image.config, signal)
        : undefined;
    return {
      ...readFacts([image?.annotations, top?.annotations], config),
      ...(isIndex && { platforms: top.images.map(listed => listed.digest) }),
    };
  }

  async #listed(
    { digest, size }: Descriptor,
    manifest: (digest: string) => Promise<ImageManifest | undefined>,
  ): Promise<ImageManifest | undefined> {
    return isVerifiable(digest) && size <= MAX_MANIFEST_BYTES
      ? manifest(digest)
      : undefined;
  }

  async #config(
    repository: string,
    { digest, size }: Descriptor,
    signal: AbortSignal,
  ): Promise<unknown> {
    return isVerifiable(digest) && size <= MAX_CONFIG_BYTES
      ? this.#content(repository, 'blobs', digest, size, signal)
      : undefined;
  }

  // What the content of a digest says as JSON; undefined where it is none.
  async #content(
    repository: string,
    kind: 'manifests' | 'blobs',
    digest: string,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<unknown> {
    const answer = await this.#connection.ask(
      repository,
      {
        method: 'GET',
        path: `${kind}/${digest}`,
        accept: kind === 'manifests' ? MANIFEST_TYPES : '*/*',
      },
      signal,
    );
    if (answer.status !== 200) {
      throw await this.#connection.refused(answer);
    }
    const bytes = await readBytes(answer, signal, maxBytes);
    if (!bytes || !hasDigest(bytes, digest)) {
      throw new Unanswered(
        `${this.host} answers with other content than that of the digest`,
      );
    }
    return parseJson(bytes);
  }
}

function foundBy(
  { status, headers }: RegistryAnswered,
  { reference }: RegistryImage,
): RegistryLook | undefined {
  const told = headers.get('docker-content-digest') ?? undefined;
  const type = headers.get('content-type') ?? '';
  // A proxy's page to sign in is a 200 too.
  const isManifest =
    told !== undefined || /\b(manifest|image\.index)\b/i.test(type);
  if (status !== 200 || !isManifest) {
    return undefined;
  }
  const digest = reference.includes(':') ? reference : told;
  return {
    state: 'exists',
    ...(digest && isVerifiable(digest) && { digest }),
  };
}

function errorCodes(answer: unknown): string[] {
  const { errors } = (answer ?? {}) as { errors?: unknown };
  return (Array.isArray(errors) ? errors : []).flatMap(error => {
    const { code } = (error ?? {}) as { code?: unknown };
    return typeof code === 'string' ? [code] : [];
  });
}
