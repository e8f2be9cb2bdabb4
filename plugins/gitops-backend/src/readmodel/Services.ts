import {
  ConflictError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';
import {
  DeclaredEnvironment,
  InfraSnapshot,
  RepositoryRef,
  ServiceReference,
  SERVICE_ANNOTATION,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { RepositoryState } from './RepositoryState';

/** A service as one infra repository declares it. */
export interface ServiceState {
  service: string;
  repository: RepositoryRef;
  snapshot: InfraSnapshot;
  environments: DeclaredEnvironment[];
  source: RepositoryState;
  /** The one Argo CD instance to look in; all when absent. */
  instance?: string;
}

/** The name of a service, with the repository that declares it. */
export interface NamedService {
  source: RepositoryState;
  service: string;
}

/** The services that the infra repositories declare. */
export class Services {
  readonly #repositories: RepositoryState[];

  constructor(repositories: RepositoryState[]) {
    this.#repositories = repositories;
  }

  /** Every one of them. */
  get all(): NamedService[] {
    return this.#repositories.flatMap(source =>
      source.topology.services.map(service => ({ source, service })),
    );
  }

  /**
   * Finds a service.
   *
   * @param instance - name of the Argo CD instance that its Applications are looked for in; all when absent
   * @throws NotFoundError where no repository has it; ConflictError where several have; ServiceUnavailableError where
   * a repository that may have it was never read.
   */
  find(service: string, instance?: string): ServiceState {
    const sources = this.#repositories.filter(({ topology }) =>
      topology.has(service),
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
      environments: source.topology.environments(service),
      source,
      instance,
    };
  }

  /**
   * Finds the service that an entity refers to.
   *
   * @throws as `find`, and ConflictError where the reference means Applications of several services.
   */
  meantBy(reference: ServiceReference): ServiceState {
    const { annotation, value, instance } = reference;
    if (reference.service !== undefined) {
      return this.find(reference.service, instance);
    }
    const services = new Set(
      this.#repositories.flatMap(({ topology }) =>
        topology.servicesMeantBy(reference),
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
    return this.find(service, instance);
  }

  /** Those that Applications belong to. */
  ofApplications(applications: { name: string }[]): NamedService[] {
    return this.#repositories.flatMap(source => {
      const services = new Set(
        applications.flatMap(({ name }) =>
          source.topology
            .environmentsOfApplication(name)
            .map(({ service }) => service),
        ),
      );
      return [...services].map(service => ({ source, service }));
    });
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
