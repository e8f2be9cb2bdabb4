import { AuthService, DiscoveryService } from '@backstage/backend-plugin-api';
import { ConflictError, ServiceUnavailableError } from '@backstage/errors';
import {
  busyWith,
  RefreshMode,
  syncOperation,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { ArgocdKubernetesConfig } from '../config';
import { ApplicationCommands, ApplicationName } from './ApplicationCommands';
import { JsonUpstream, messageOf, Refusal } from './JsonUpstream';
import {
  applicationPath,
  clusterName,
  isFromCluster,
  kubernetesUpstream,
} from './kubernetesUpstream';
import { isRefreshing, REFRESH_ANNOTATION } from './refreshing';

// Argo CD writes to its Applications all the time.
const SYNC_TRIES = 5;

/** The Application changed since it was read. */
class ChangedError extends ConflictError {}

/**
 * Asks Argo CD by writing into its Applications, as its documentation says: an annotation has one refreshed, the field
 * `operation` has one synced. The account of the Kubernetes plugin needs to patch Applications.
 */
export class KubernetesCommands implements ApplicationCommands {
  readonly #who: string;
  readonly #upstream: JsonUpstream;

  constructor(
    config: ArgocdKubernetesConfig,
    services: { auth: AuthService; discovery: DiscoveryService },
  ) {
    this.#who = clusterName(config);
    this.#upstream = kubernetesUpstream(config, services, refusal =>
      refused(this.#who, refusal),
    );
  }

  async refresh(
    application: ApplicationName,
    mode: RefreshMode,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#patch(
      application,
      { metadata: { annotations: { [REFRESH_ANNOTATION]: mode } } },
      signal,
    );
  }

  async isRefreshing(
    application: ApplicationName,
    signal: AbortSignal,
  ): Promise<boolean> {
    return isRefreshing(
      await this.#upstream.json(applicationPath(application), signal),
    );
  }

  async sync(
    application: ApplicationName,
    requestedBy: string,
    signal: AbortSignal,
  ): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#sync(application, requestedBy, signal);
        return;
      } catch (error) {
        if (!(error instanceof ChangedError) || tries === SYNC_TRIES) {
          throw error;
        }
      }
    }
  }

  async close(): Promise<void> {
    await this.#upstream.close();
  }

  async #sync(
    application: ApplicationName,
    requestedBy: string,
    signal: AbortSignal,
  ): Promise<void> {
    const found = await this.#upstream.json(
      applicationPath(application),
      signal,
    );
    const busy = busyWith(found);
    if (busy) {
      throw new ConflictError(
        `${this.#who}: ${
          application.name
        } ${busy}; try again once that is over`,
      );
    }
    const { metadata } = found as { metadata?: { resourceVersion?: string } };
    await this.#patch(
      application,
      {
        // Of two who ask at the same time one is first, and the other one finds its operation.
        metadata: { resourceVersion: metadata?.resourceVersion },
        operation: syncOperation(found, requestedBy),
      },
      signal,
    );
  }

  async #patch(
    application: ApplicationName,
    body: object,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#upstream.send(
      applicationPath(application),
      { method: 'PATCH', contentType: 'application/merge-patch+json', body },
      signal,
    );
  }
}

function refused(who: string, refusal: Refusal): Error | undefined {
  if (refusal.status === 409) {
    return new ChangedError(
      `${who}: the Application changed meanwhile (409: ${messageOf(
        refusal.body,
      )}); try again`,
    );
  }
  // Not the person who asked lacks a right, so it is not answered as such.
  return refusal.status === 403 && isFromCluster(refusal)
    ? new ServiceUnavailableError(
        `${who} does not let the account of the Kubernetes plugin do it (403: ${messageOf(
          refusal.body,
        )}); let it get and patch applications.argoproj.io`,
      )
    : undefined;
}
