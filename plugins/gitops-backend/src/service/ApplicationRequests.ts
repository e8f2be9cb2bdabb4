import {
  ConflictError,
  NotAllowedError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';
import {
  ApplicationRequestResponse,
  ApplicationStatus,
  RefreshMode,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { ApplicationCommands } from '../argocd/ApplicationCommands';
import { ReadModel } from '../readmodel/ReadModel';
import { ServiceState } from '../readmodel/Services';

/** What people ask of the Applications of a service's environments. */
export class ApplicationRequests {
  readonly #readModel: ReadModel;
  readonly #commands: ReadonlyMap<string, ApplicationCommands>;
  readonly #stopped = new AbortController();

  /** @param options.commands - by the names of the instances; nothing is asked of those without */
  constructor(options: {
    readModel: ReadModel;
    commands: ReadonlyMap<string, ApplicationCommands>;
  }) {
    this.#readModel = options.readModel;
    this.#commands = options.commands;
  }

  /**
   * Has Argo CD compare the environment's Application with Git now.
   *
   * @throws NotFoundError where there is no such environment, or Argo CD has no Application of it; NotAllowedError where
   * nothing is asked of its instance; ConflictError where the Application is not the one that Git declares.
   */
  async refresh(
    state: ServiceState,
    environment: string,
    mode: RefreshMode,
  ): Promise<ApplicationRequestResponse> {
    const { commands, status } = this.#find(state, environment);
    await asBackstage(commands.refresh(status, mode, this.#stopped.signal));
    return accepted(environment, status);
  }

  /**
   * Whether Argo CD still compares the environment's Application with Git after a refresh.
   *
   * @throws as `refresh`
   */
  async isRefreshing(
    state: ServiceState,
    environment: string,
  ): Promise<boolean> {
    const { commands, status } = this.#find(state, environment);
    return asBackstage(commands.isRefreshing(status, this.#stopped.signal));
  }

  /**
   * Has Argo CD sync the environment's Application to what Git says.
   *
   * @param requestedBy - entity ref of who asked for it
   * @throws as `refresh`, and ConflictError where the Application takes no sync now
   */
  async sync(
    state: ServiceState,
    environment: string,
    requestedBy: string,
  ): Promise<ApplicationRequestResponse> {
    const { commands, status } = this.#find(state, environment);
    await asBackstage(commands.sync(status, requestedBy, this.#stopped.signal));
    return accepted(environment, status);
  }

  /** Ends what is being asked, and lets go of connections. */
  async close(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(
      [...this.#commands.values()].map(commands => commands.close()),
    );
  }

  #find(
    state: ServiceState,
    environment: string,
  ): { commands: ApplicationCommands; status: ApplicationStatus } {
    const declared = state.environments.find(
      candidate => candidate.environment === environment,
    );
    if (!declared) {
      throw new NotFoundError(
        `${state.service} has no environment ${environment}`,
      );
    }
    const status = this.#readModel.statusOf(state, declared);
    if (!status) {
      throw new NotFoundError(
        `No Argo CD instance reports the Application ${declared.name}`,
      );
    }
    // Whoever may declare Applications in Git must not come by those of others that only have the same name.
    if (!this.#readModel.isDeployedBy(state, declared, status)) {
      throw new ConflictError(
        `The Application ${status.name} in Argo CD ${status.instance} does not deploy ${declared.overlayPath} of ${state.repository.slug}, so nothing is asked of it; correct its spec.source first`,
      );
    }
    const commands = this.#commands.get(status.instance);
    if (!commands) {
      throw new NotAllowedError(
        `Argo CD ${status.instance} is only looked at (gitops.argocd[].readOnly); refresh and sync ${status.name} there`,
      );
    }
    return { commands, status };
  }
}

// What Argo CD does not let the account of Backstage do is no right that the person lacks.
async function asBackstage<T>(command: Promise<T>): Promise<T> {
  try {
    return await command;
  } catch (error) {
    throw error instanceof NotAllowedError
      ? new ServiceUnavailableError(error.message)
      : error;
  }
}

function accepted(
  environment: string,
  { instance, namespace, name }: ApplicationStatus,
): ApplicationRequestResponse {
  return {
    environment,
    application: { instance, namespace, name },
    acceptedAt: new Date().toISOString(),
  };
}
