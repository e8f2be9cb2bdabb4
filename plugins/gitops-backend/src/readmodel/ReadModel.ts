import {
  ConflictError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';
import {
  ApplicationFacts,
  ApplicationStatus,
  DeclaredEnvironment,
  describeEnvironments,
  Environment,
  InfraSnapshot,
  Promotion,
  RepositoryRef,
  refersTo,
  ServiceReference,
  SERVICE_ANNOTATION,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { applicationUrl } from '../argocd/applicationUrl';
import { InstanceState } from '../argocd/InstanceState';
import { RepositoryState } from './RepositoryState';

/** A service as one infra repository declares it. */
export interface ServiceState {
  service: string;
  repository: RepositoryRef;
  snapshot: InfraSnapshot;
  environments: DeclaredEnvironment[];
  source: RepositoryState;
}

/** What is known of every service, from the last known state of each upstream. Reading it asks nobody. */
export class ReadModel {
  readonly #repositories: RepositoryState[];
  readonly #instances: InstanceState[];

  constructor(repositories: RepositoryState[], instances: InstanceState[]) {
    this.#repositories = repositories;
    this.#instances = instances;
  }

  /**
   * Finds a service.
   *
   * @throws NotFoundError where no repository has it; ConflictError where several have; ServiceUnavailableError where
   * a repository that may have it was never read.
   */
  service(service: string): ServiceState {
    const sources = this.#repositories.filter(repository =>
      repository.services.includes(service),
    );
    if (sources.length > 1) {
      throw new ConflictError(
        `Service ${service} is in several infra repositories (${sources
          .map(({ github }) => github.slug)
          .join(', ')}); give it a name of its own in each`,
      );
    }
    const [source] = sources;
    const repository = source?.ref();
    if (!source?.snapshot || !repository) {
      throw this.#unknown(
        `Service ${service}`,
        `No Application in bootstrap/ of ${this.#slugs()} deploys a folder of apps/${service}; correct the annotation ${SERVICE_ANNOTATION} of the entity, or add the Application`,
      );
    }
    return {
      service,
      repository,
      snapshot: source.snapshot,
      environments: source.environments(service),
      source,
    };
  }

  /**
   * Finds the service that an entity refers to.
   *
   * @throws as `service`, and ConflictError where the reference means Applications of several services.
   */
  serviceOf(reference: ServiceReference): ServiceState {
    if (reference.service !== undefined) {
      return this.service(reference.service);
    }
    const { annotation, value } = reference;
    const services = new Set(
      this.#repositories.flatMap(({ declarations }) =>
        declarations
          .filter(declaration => refersTo(reference, declaration))
          .map(({ service }) => service),
      ),
    );
    const [service] = services;
    if (services.size > 1) {
      throw new ConflictError(
        `The annotation ${annotation}: ${value} means Applications of several services (${[
          ...services,
        ].join(', ')}); name one with ${SERVICE_ANNOTATION}`,
      );
    }
    if (service === undefined) {
      throw this.#unknown(
        `What ${annotation}: ${value} means`,
        `No Application in bootstrap/ of ${this.#slugs()} is meant by the annotation ${annotation}: ${value}; correct it, or name the service with ${SERVICE_ANNOTATION}`,
      );
    }
    return this.service(service);
  }

  /** The environments of a service as they are shown now. */
  describe(
    { repository, snapshot, environments, source }: ServiceState,
    promotions: Promotion[],
    now: Date,
  ): Environment[] {
    return describeEnvironments({
      repository,
      snapshot,
      environments,
      git: source.side.freshness(now),
      applicationOf: environment =>
        this.#applicationOf(environment, repository, source, now),
      promotions,
    });
  }

  /** What Argo CD last said of an environment. */
  statusOf(environment: DeclaredEnvironment): ApplicationStatus | undefined {
    return this.#find(environment)?.status;
  }

  /** The services, with their repositories, that Applications belong to. */
  servicesOf(
    applications: { name: string }[],
  ): { source: RepositoryState; service: string }[] {
    const names = new Set(applications.map(({ name }) => name));
    return this.#repositories.flatMap(source =>
      [
        ...new Set(
          source.declarations
            .filter(({ name }) => names.has(name))
            .map(({ service }) => service),
        ),
      ].map(service => ({ source, service })),
    );
  }

  /** The synced revisions of a repository's environments. */
  syncedRevisions(source: RepositoryState): string[] {
    const revisions = source.services
      .flatMap(service => source.environments(service))
      .map(environment => this.statusOf(environment)?.sync.revision);
    return [...new Set(revisions)].filter(
      (revision): revision is string => revision !== undefined,
    );
  }

  #applicationOf(
    environment: DeclaredEnvironment,
    repository: RepositoryRef,
    source: RepositoryState,
    now: Date,
  ): ApplicationFacts {
    const found = this.#find(environment);
    const instance = found?.instance ?? this.#instances[0];
    const revision = found?.status.sync.revision;
    return {
      status: found?.status,
      freshness: instance?.side.freshness(now) ?? {
        stale: true,
        error: 'No Argo CD instance is configured; add one to gitops.argocd',
      },
      url: found && applicationUrl(found.instance.config, found.status),
      commitsBehind:
        revision === undefined
          ? undefined
          : source.knownComparison(revision, repository.head)?.aheadBy,
    };
  }

  #find(
    environment: DeclaredEnvironment,
  ): { instance: InstanceState; status: ApplicationStatus } | undefined {
    for (const instance of this.#instances) {
      const status = instance.find(environment);
      if (status) {
        return { instance, status };
      }
    }
    return undefined;
  }

  // What is not there may only not be known: in a repository that was never read.
  #unknown(what: string, message: string): Error {
    const failing = this.#repositories
      .map(({ side }) => side.freshness(new Date()))
      .find(({ readAt, error }) => !readAt && error);
    if (failing?.error) {
      return new ServiceUnavailableError(
        `${what} is not known: ${failing.error}`,
      );
    }
    if (this.#repositories.length === 0) {
      return new NotFoundError(
        'No infra repository is configured; add one to gitops.repositories',
      );
    }
    if (this.#repositories.some(({ snapshot }) => !snapshot)) {
      return new ServiceUnavailableError(
        `${what} is not known yet: the infra repository is still being read`,
      );
    }
    return new NotFoundError(message);
  }

  #slugs(): string {
    return this.#repositories.map(({ github }) => github.slug).join(', ');
  }
}
