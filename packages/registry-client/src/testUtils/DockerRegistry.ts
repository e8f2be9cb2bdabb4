import { ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, fetch, RequestInit } from 'undici';
import { Content } from './imageBuilding';
import { LOOPBACK_CERTIFICATE, PRIVATE_CA } from './privateCa';

const PROGRAM = 'docker-registry';
const READY_WITHIN_MS = 20_000;

/** Who may read and write. */
export const ACCOUNT = { username: 'reader', password: 'a-password' };
const HTPASSWD =
  'reader:$2b$04$Ei96pN3hTGtZBDnbCftLoOluT9bToA5gz41CSVhql7mGz/Fv0NZL.\n';

/** Whether the registry server that Debian has as `docker-registry` is on the PATH. */
export function hasDockerRegistry(): boolean {
  return spawnSync(PROGRAM, ['--version']).status === 0;
}

/** A real registry server on loopback, with a certificate of `PRIVATE_CA` and an account. */
export class DockerRegistry {
  readonly #folder = mkdtempSync(join(tmpdir(), 'gitops-infra-registry-'));
  readonly #agent = new Agent({ connect: { ca: PRIVATE_CA } });
  #process?: ChildProcess;
  #port = 0;

  /** `127.0.0.1:<port>` */
  get host(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get url(): string {
    return `https://${this.host}`;
  }

  /** Starts it, after it was stopped with all that was pushed. */
  async start(): Promise<void> {
    this.#port ||= await freePort();
    const file = (name: string, text: string) => {
      const path = join(this.#folder, name);
      writeFileSync(path, text);
      return path;
    };
    const config = {
      version: 0.1,
      log: { level: 'error' },
      storage: { filesystem: { rootdirectory: join(this.#folder, 'data') } },
      http: {
        addr: this.host,
        secret: 'a secret',
        tls: {
          certificate: file('cert.pem', LOOPBACK_CERTIFICATE.cert),
          key: file('key.pem', LOOPBACK_CERTIFICATE.key),
        },
      },
      auth: { htpasswd: { realm: 'test', path: file('htpasswd', HTPASSWD) } },
    };
    // JSON is YAML.
    const path = file('config.yml', JSON.stringify(config));
    this.#process = spawn(PROGRAM, ['serve', path], { stdio: 'ignore' });
    const deadline = performance.now() + READY_WITHIN_MS;
    while (!(await this.#answers())) {
      if (performance.now() > deadline || this.#process.exitCode !== null) {
        throw new Error(`${PROGRAM} does not answer`);
      }
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    if (this.#process?.exitCode === null) {
      const ended = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await ended;
    }
  }

  /** Stops it and forgets what was pushed. */
  async remove(): Promise<void> {
    await this.stop();
    await this.#agent.destroy();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async pushBlob(repository: string, { body, digest }: Content): Promise<void> {
    const upload = await this.#ask(`/v2/${repository}/blobs/uploads/`, {
      method: 'POST',
    });
    const address = new URL(upload.headers.get('location') ?? '', this.url);
    address.searchParams.set('digest', digest);
    await this.#ask(`${address.pathname}${address.search}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream' },
      body,
    });
  }

  /** @param reference - the tag, or the digest where it gets none */
  async pushManifest(
    repository: string,
    { body, digest, mediaType }: Content,
    reference: string = digest,
  ): Promise<void> {
    await this.#ask(`/v2/${repository}/manifests/${reference}`, {
      method: 'PUT',
      headers: { 'content-type': mediaType },
      body,
    });
  }

  async #answers(): Promise<boolean> {
    try {
      await this.#ask('/v2/', {});
      return true;
    } catch {
      return false;
    }
  }

  async #ask(path: string, init: RequestInit) {
    const { username, password } = ACCOUNT;
    const credentials = Buffer.from(`${username}:${password}`);
    const answer = await fetch(`${this.url}${path}`, {
      ...init,
      headers: {
        ...(init.headers as Record<string, string>),
        authorization: `Basic ${credentials.toString('base64')}`,
      },
      dispatcher: this.#agent,
    });
    const text = await answer.text();
    if (!answer.ok) {
      throw new Error(`${init.method} ${path}: ${answer.status} ${text}`);
    }
    return answer;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => {
    server.close(resolve);
  });
  return port;
}
