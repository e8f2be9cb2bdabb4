import {
  NotAllowedError,
  ServiceUnavailableError,
  stringifyError,
} from '@backstage/errors';
import {
  ApplicationStatus,
  parseApplication,
  parseResourceTroubles,
  ResourceTrouble,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { ArgocdInstanceConfig } from '../config';
import { readLines } from './readLines';

const REQUEST_TIMEOUT_MS = 15_000;

/** A change that Argo CD reports. */
export interface ApplicationEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  application: ApplicationStatus;
}

/** One Argo CD instance over its HTTP API; the account needs to get Applications and nothing else. */
export class ArgocdClient {
  readonly #instance: ArgocdInstanceConfig;

  constructor(instance: ArgocdInstanceConfig) {
    this.#instance = instance;
  }

  get name(): string {
    return this.#instance.name;
  }

  /** Every Application that the account may see. A list without rights is empty, not an error. */
  async list(signal: AbortSignal): Promise<ApplicationStatus[]> {
    const response = await this.#get(
      '/api/v1/applications',
      AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    );
    const { items } = (await this.#json(response)) as { items?: unknown };
    return (Array.isArray(items) ? items : []).flatMap(
      item => parseApplication(this.name, item) ?? [],
    );
  }

  /** Changes as they happen, until the server ends the stream or the signal aborts it. Begins with what is there. */
  async *stream(signal: AbortSignal): AsyncGenerator<ApplicationEvent> {
    const response = await this.#get('/api/v1/stream/applications', signal);
    if (!response.body) {
      return;
    }
    try {
      for await (const line of readLines(response.body, signal)) {
        const event = this.#parseEvent(line);
        if (event) {
          yield event;
        }
      }
    } catch (error) {
      throw this.#unavailable(error);
    }
  }

  /** What keeps an Application from being Healthy. Only the resource tree tells. */
  async troubles(
    application: { namespace: string; name: string },
    signal: AbortSignal,
  ): Promise<ResourceTrouble[]> {
    const response = await this.#get(
      `/api/v1/applications/${encodeURIComponent(
        application.name,
      )}/resource-tree?appNamespace=${encodeURIComponent(
        application.namespace,
      )}`,
      AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    );
    return parseResourceTroubles(await this.#json(response));
  }

  #parseEvent(line: string): ApplicationEvent | undefined {
    let message: {
      result?: { type?: unknown; application?: unknown };
      error?: { message?: unknown };
    };
    try {
      message = JSON.parse(line);
    } catch {
      throw new ServiceUnavailableError(
        `Argo CD ${this.name} sent a line that is no JSON`,
      );
    }
    if (message.error) {
      throw new ServiceUnavailableError(
        `Argo CD ${this.name} ended the stream: ${message.error.message}`,
      );
    }
    const type = message.result?.type;
    const application = parseApplication(
      this.name,
      message.result?.application,
    );
    return application &&
      (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED')
      ? { type, application }
      : undefined;
  }

  async #get(path: string, signal: AbortSignal): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`${this.#instance.url}${path}`, {
        headers: { authorization: `Bearer ${this.#instance.token}` },
        // A token must not follow a redirect to another host.
        redirect: 'error',
        signal,
      });
    } catch (error) {
      throw this.#unavailable(error);
    }
    if (response.ok) {
      return response;
    }
    await response.body?.cancel();
    if (response.status === 401) {
      throw new NotAllowedError(
        `Argo CD ${this.name} refuses the token (401); give a valid one in gitops.argocd`,
      );
    }
    if (response.status === 403) {
      throw new NotAllowedError(
        `Argo CD ${this.name} does not let the account read this (403); it needs "applications, get"`,
      );
    }
    throw new ServiceUnavailableError(
      `Argo CD ${this.name} answered ${response.status}`,
    );
  }

  async #json(response: Response): Promise<unknown> {
    try {
      return await response.json();
    } catch (error) {
      throw this.#unavailable(error);
    }
  }

  #unavailable(error: unknown): Error {
    if (
      error instanceof ServiceUnavailableError ||
      error instanceof NotAllowedError
    ) {
      return error;
    }
    const cause =
      error instanceof Error && error.cause instanceof Error
        ? error.cause
        : error;
    return new ServiceUnavailableError(
      `Argo CD ${this.name} does not answer (${stringifyError(cause)})`,
    );
  }
}
