import { setTimeout as sleep } from 'node:timers/promises';
import { ConflictError, ServiceUnavailableError } from '@backstage/errors';
import {
  RefreshMode,
  syncPolicyOf,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { ArgocdApiConfig } from '../config';
import { ApplicationCommands, ApplicationName } from './ApplicationCommands';
import { isRefreshing } from './refreshing';
import { argocdApiUpstream } from './argocdApiUpstream';
import { JsonUpstream, messageOf, Refusal } from './JsonUpstream';

// Argo CD answers once it has compared, for which its repo server may have to fetch and to render.
const REFRESH_TIMEOUT_MS = 60_000;
// How often it is looked whether it has taken the request meanwhile.
const TAKEN_AGAIN_MS = 500;

/** Asks Argo CD by its HTTP API. To refresh, the account needs to get Applications; to sync, also to sync them. */
export class ArgocdApiCommands implements ApplicationCommands {
  readonly #upstream: JsonUpstream;

  constructor(config: ArgocdApiConfig) {
    this.#upstream = argocdApiUpstream(config, refusal =>
      refused(config.name, refusal),
    );
  }

  async refresh(
    application: ApplicationName,
    mode: RefreshMode,
    signal: AbortSignal,
  ): Promise<void> {
    const settled = new AbortController();
    // It annotates the Application at once, and takes the annotation away when it has compared: nobody has to wait for that.
    // To write the annotation would need the right to update Applications, and so to deploy anything.
    const compared = this.#upstream.json(
      pathOf(application, { refresh: mode }),
      signal,
      REFRESH_TIMEOUT_MS,
    );
    try {
      await Promise.race([compared, this.#taken(application, settled.signal)]);
    } finally {
      settled.abort();
    }
  }

  async isRefreshing(
    application: ApplicationName,
    signal: AbortSignal,
  ): Promise<boolean> {
    return isRefreshing(await this.#upstream.json(pathOf(application), signal));
  }

  async sync(
    application: ApplicationName,
    requestedBy: string,
    signal: AbortSignal,
  ): Promise<void> {
    // Whether to prune is as of now, not as it was last seen; Argo CD takes the rest from the Application by itself.
    const { prune } = syncPolicyOf(
      await this.#upstream.json(pathOf(application), signal),
    );
    await this.#upstream.send(
      `/api/v1/applications/${encodeURIComponent(application.name)}/sync`,
      {
        method: 'POST',
        contentType: 'application/json',
        body: {
          appNamespace: application.namespace,
          prune,
          infos: [{ name: 'Requested in Backstage by', value: requestedBy }],
        },
      },
      signal,
    );
  }

  // Resolves once Argo CD is about to refresh; rejects only when the signal aborts.
  async #taken(
    application: ApplicationName,
    signal: AbortSignal,
  ): Promise<void> {
    let isTaken = false;
    while (!isTaken) {
      await sleep(TAKEN_AGAIN_MS, undefined, { signal });
      isTaken = await this.isRefreshing(application, signal).catch(() => false);
    }
  }

  async close(): Promise<void> {
    await this.#upstream.close();
  }
}

function pathOf(
  { namespace, name }: ApplicationName,
  query: Record<string, string> = {},
): string {
  const parameters = new URLSearchParams({ ...query, appNamespace: namespace });
  return `/api/v1/applications/${encodeURIComponent(name)}?${parameters}`;
}

function refused(name: string, { status, body }: Refusal): Error | undefined {
  const message = messageOf(body);
  if (status === 403 && message?.includes('applications, sync')) {
    // Not the person who asked lacks a right, so it is not answered as such.
    return new ServiceUnavailableError(
      `Argo CD ${name} does not let the account of Backstage sync (403: ${message}); give its role "applications, sync"`,
    );
  }
  if (status === 403 && /sync window/i.test(message ?? '')) {
    return new ConflictError(
      `Argo CD ${name} does not sync it now (403: ${message}); wait until the sync windows of the project allow it`,
    );
  }
  return status === 400
    ? new ConflictError(
        `Argo CD ${name} does not take it (400: ${
          message ?? 'no reason given'
        }); try again once that is over`,
      )
    : undefined;
}
