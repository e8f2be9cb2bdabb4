import { EnvironmentsResponse } from '@gitops-infra/backstage-plugin-gitops-common';
import { setTimeout as sleep } from 'node:timers/promises';
import { Calls } from '../CallCounts';
import { serviceNames } from '../estate';

const LOOK_EVERY_MS = 2;
const PATIENCE_MS = 120_000;

/** A backend to measure, with the stand-ins behind it. */
export interface TargetOptions {
  backendUrl: string;
  githubUrl: string;
  argocdUrl: string;
  /** How many services the estate has. */
  services: number;
  /** Those that have a catalog entity of their name; all when absent. */
  inCatalog?: string[];
  /** Who asks; a guest is signed in where it is not given. */
  token?: string;
  /** How long anything may take before it counts as not measurable. */
  patienceMs?: number;
}

/** What is measured, as its clients and its stand-ins' control routes see it. */
export class Target {
  readonly options: TargetOptions;
  readonly patienceMs: number;
  #token?: string;

  constructor(options: TargetOptions) {
    this.options = options;
    this.patienceMs = options.patienceMs ?? PATIENCE_MS;
    this.#token = options.token;
  }

  /** The services whose entities are asked for: all, so that no answer comes from a cache that only few fit in. */
  get services(): string[] {
    return this.options.inCatalog ?? serviceNames(this.options.services);
  }

  /** The token of who asks. */
  async token(): Promise<string> {
    if (this.#token === undefined) {
      const { backstageIdentity } = (await this.#json(
        `${this.options.backendUrl}/api/auth/guest/refresh`,
        { method: 'POST', headers: { 'x-requested-with': 'bench' } },
      )) as { backstageIdentity: { token: string } };
      this.#token = backstageIdentity.token;
    }
    return this.#token;
  }

  environmentsUrl(service: string): string {
    return `${this.options.backendUrl}/api/gitops/entities/component/default/${service}/environments`;
  }

  /** The environments of a service; undefined while the backend has no answer. */
  async environments(
    service: string,
  ): Promise<EnvironmentsResponse | undefined> {
    const response = await fetch(this.environmentsUrl(service), {
      headers: { authorization: `Bearer ${await this.token()}` },
    });
    const answer = await response.json();
    return response.ok ? (answer as EnvironmentsResponse) : undefined;
  }

  /** Reads JSON from the backend as who asks. */
  async get(path: string): Promise<unknown> {
    return this.#json(`${this.options.backendUrl}${path}`, {
      headers: { authorization: `Bearer ${await this.token()}` },
    });
  }

  /** Sends JSON to the backend as who asks. */
  async post(path: string, body: object): Promise<unknown> {
    return this.#json(`${this.options.backendUrl}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await this.token()}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
    });
  }

  /** What the stand-ins were called for since the last reset. */
  async calls(): Promise<{ github: Calls; argocd: Calls }> {
    const [github, argocd] = await Promise.all(
      [this.options.githubUrl, this.options.argocdUrl].map(url =>
        this.#json(`${url}/_control/calls`),
      ),
    );
    return { github: github as Calls, argocd: argocd as Calls };
  }

  async resetCalls(): Promise<void> {
    await Promise.all([this.github('reset'), this.argocd('reset')]);
  }

  /** Has the stand-in for GitHub do something. */
  async github(control: string, body: object = {}): Promise<unknown> {
    return this.#control(this.options.githubUrl, control, body);
  }

  /** Has the stand-in for Argo CD do something. */
  async argocd(control: string, body: object = {}): Promise<unknown> {
    return this.#control(this.options.argocdUrl, control, body);
  }

  /** Looks again and again until something is so; rejects when patience ends. */
  async until<T>(
    what: string,
    look: () => Promise<T | undefined | false>,
    everyMs: number = LOOK_EVERY_MS,
  ): Promise<T> {
    const deadline = Date.now() + this.patienceMs;
    for (;;) {
      const seen = await look();
      if (seen) {
        return seen;
      }
      if (Date.now() > deadline) {
        throw new Error(
          `${what}: not within ${Math.round(this.patienceMs / 1000)} s`,
        );
      }
      await sleep(everyMs);
    }
  }

  async #control(url: string, control: string, body: object): Promise<unknown> {
    return this.#json(`${url}/_control/${control}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
  }

  async #json(url: string, init?: RequestInit): Promise<unknown> {
    const response = await fetch(url, init);
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${url} answered ${response.status}: ${text}`);
    }
    return text ? JSON.parse(text) : undefined;
  }
}
