import {
  ConflictError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';
import {
  ApplicationFacts,
  ApplicationStatus,
  DeclaredEnvironment,
  describeViews,
  Environment,
  EnvironmentFacts,
  environmentFacts,
  EnvironmentParts,
  EnvironmentView,
  FINDING_RULES,
  FindingRule,
  Freshness,
  InfraSnapshot,
  RegistryAnswer,
  repositoryIdentity,
  RepositoryRef,
  ServiceReference,
  SERVICE_ANNOTATION,
  UpstreamsStatus,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { registryImage } from '@gitops-infra/registry-client';
import { applicationUrl } from '../argocd/applicationUrl';
import { InstanceState } from '../argocd/InstanceState';
import { PROMOTIONS, UpstreamStore } from '../database/UpstreamStore';
import { imagesAtStake } from '../registry/imagesAtStake';
import { RegistryAnswers } from '../registry/RegistryAnswers';
import { RegistryState } from '../registry/RegistryState';
import { RenderedHosts } from '../rendering/RenderedHosts';
import { renderingStatus } from '../rendering/renderingStatus';
import { PromotionsUnderWay } from './PromotionsUnderWay';
import { RepositoryState } from './RepositoryState';
import { shareRuns } from './shareRuns';
import { followed } from './Side';

/** A page view shows what other processes knew that long ago, or later. */
export const LATEST_KNOWN_MS = 100;

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

/** An environment as it was made from parts that are compared to see whether it still holds. */
interface KnownViews {
  parts: unknown[];
  views: EnvironmentView[];
}

/** What is known of every service, from the last known state of each upstream. Reading it asks no upstream. */
export class ReadModel {
  readonly #repositories: RepositoryState[];
  readonly #instances: InstanceState[];
  readonly #store: UpstreamStore;
  readonly #underWay: PromotionsUnderWay;
  readonly #registries?: RegistryAnswers;
  readonly #registryStates: RegistryState[];
  readonly #rendered?: RenderedHosts;
  /** The rules that findings are made by. */
  readonly rules: readonly FindingRule[];
  readonly #views = new Map<string, KnownViews>();
  readonly #sharedCatchUp = shareRuns(() => this.#catchUp());
  #caughtUpAt = -Infinity;
  #writes = 0;

  /**
   * @param options.registries - what registries say of images; absent where none may be asked
   * @param options.registryStates - how each of them stands
   * @param options.rendered - the hosts of overlays; absent where nothing is rendered
   * @param options.rules - the rules that findings are made by; those of the plugin itself unless given
   */
  constructor(options: {
    repositories: RepositoryState[];
    instances: InstanceState[];
    store: UpstreamStore;
    underWay: PromotionsUnderWay;
    registries?: RegistryAnswers;
    registryStates?: RegistryState[];
    rendered?: RenderedHosts;
    rules?: readonly FindingRule[];
  }) {
    this.#repositories = options.repositories;
    this.#instances = options.instances;
    this.#store = options.store;
    this.#underWay = options.underWay;
    this.#registries = options.registries;
    this.#registryStates = options.registryStates ?? [];
    this.#rendered = options.rendered;
    this.rules = options.rules ?? FINDING_RULES;
  }

  /** Takes over what any process wrote before this was called. */
  async catchUp(): Promise<void> {
    return this.#sharedCatchUp();
  }

  /** The same for what was written more than `LATEST_KNOWN_MS` ago, and what this process wrote at any time. */
  async catchUpSoon(): Promise<void> {
    if (performance.now() - this.#caughtUpAt > LATEST_KNOWN_MS) {
      await this.catchUp();
    }
  }

  /** Has the next `catchUpSoon` look: this process wrote something. */
  expire(): void {
    this.#caughtUpAt = -Infinity;
    this.#writes += 1;
  }

  /**
   * Finds a service.
   *
   * @param instance - name of the Argo CD instance that its Applications are looked for in; all when absent
   * @throws NotFoundError where no repository has it; ConflictError where several have; ServiceUnavailableError where
   * a repository that may have it was never read.
   */
  service(service: string, instance?: string): ServiceState {
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
   * @throws as `service`, and ConflictError where the reference means Applications of several services.
   */
  serviceOf(reference: ServiceReference): ServiceState {
    const { annotation, value, instance } = reference;
    this.#assertInstance(instance);
    if (reference.service !== undefined) {
      return this.service(reference.service, instance);
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
    return this.service(service, instance);
  }

  /** The environments of a service, made again only when one of the parts that they are made from is another one. */
  viewsOf(state: ServiceState): EnvironmentView[] {
    const { service, repository, environments, instance } = state;
    const all = this.#partsOf(state);
    const parts = [
      environments,
      repository.head,
      ...all.flatMap(
        ({ snapshot, overlay, application, promotion, hosts, registry }) => [
          // Not the snapshot: the views of a service that nobody looks at would keep it.
          snapshot?.commit,
          overlay.problem?.message,
          application.status,
          application.distance,
          application.comparedDistance,
          promotion,
          hosts && JSON.stringify(hosts),
          ...(registry?.values() ?? []),
        ],
      ),
    ];
    const key = JSON.stringify([repository.url, service, instance]);
    const known = this.#views.get(key);
    if (
      known?.parts.length === parts.length &&
      known.parts.every((part, index) => part === parts[index])
    ) {
      return known.views;
    }
    const views = describeViews({
      repository,
      environments: all,
      rules: this.rules,
    });
    this.#views.set(key, { parts, views });
    return views;
  }

  /** How old each side of an environment is. */
  freshnessOf(
    { source, instance }: ServiceState,
    view: EnvironmentView,
    now: Date,
  ): Environment['freshness'] {
    return {
      git: source.side.freshness(now),
      argocd: this.#freshnessOfInstance(
        view.application.instance ?? instance,
        now,
      ),
    };
  }

  /** How old what Argo CD says of an environment is. */
  argocdFreshness(
    { source, instance }: ServiceState,
    environment: DeclaredEnvironment,
    now: Date,
  ): Freshness {
    const found = this.#find(source, environment, instance);
    return this.#freshnessOfInstance(
      found?.instance.config.name ?? instance,
      now,
    );
  }

  /** What is known of an environment, as rules and plans judge it. */
  factsOf(
    state: ServiceState,
    declared: DeclaredEnvironment,
  ): EnvironmentFacts {
    const all = this.#partsOf(state);
    const own = all.find(parts => parts.declared === declared);
    return environmentFacts(own ?? this.#partOf(state, declared), all);
  }

  /** What Argo CD last said of an environment. */
  statusOf(
    { source, instance }: Pick<ServiceState, 'source' | 'instance'>,
    environment: DeclaredEnvironment,
  ): ApplicationStatus | undefined {
    return this.#find(source, environment, instance)?.status;
  }

  /** Whether an Application deploys the overlay of an environment, as Git declares it. */
  isDeployedBy(
    { source }: Pick<ServiceState, 'source'>,
    environment: DeclaredEnvironment,
    status: ApplicationStatus,
  ): boolean {
    return deploys(status, source, environment);
  }

  /** The services, with their repositories, that Applications belong to. */
  servicesOf(
    applications: { name: string }[],
  ): { source: RepositoryState; service: string }[] {
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

  /** The images that any environment pins or may be promoted to, as `imageReference` writes them. */
  imagesAtStake(): Set<string> {
    return new Set(
      this.#services().flatMap(({ source, service }) => [
        ...this.#imagesOf(source, service),
      ]),
    );
  }

  /** The services, with their repositories, that images matter to. */
  servicesOfImages(
    references: string[],
  ): { source: RepositoryState; service: string }[] {
    const wanted = new Set(references);
    return wanted.size === 0
      ? []
      : this.#services().filter(({ source, service }) =>
          [...this.#imagesOf(source, service)].some(image => wanted.has(image)),
        );
  }

  /** The commits that the environments of a repository were last compared with, and that were last applied to them. */
  syncedRevisions(
    source: RepositoryState,
  ): { environment: DeclaredEnvironment; revision: string }[] {
    return source.topology.services
      .flatMap(service => source.topology.environments(service))
      .flatMap(environment => {
        const sync = this.statusOf({ source }, environment)?.sync;
        return [sync?.appliedRevision, sync?.revision].flatMap(revision =>
          revision === undefined ? [] : [{ environment, revision }],
        );
      });
  }

  /** How the following of each upstream stands. */
  status(now: Date): UpstreamsStatus {
    return {
      repositories: this.#repositories.map(
        ({ config, topology, snapshot, side, github }) => ({
          url: config.url,
          branch: config.branch,
          head: snapshot?.commit,
          services: topology.services.length,
          files: snapshot?.files.size ?? 0,
          rateLimit: github.rateLimit && {
            limit: github.rateLimit.limit,
            remaining: github.rateLimit.remaining,
            resetAt: github.rateLimit.resetAt.toISOString(),
          },
          ...followed(side, now),
        }),
      ),
      argocd: this.#instances.map(({ config, count, side }) => ({
        name: config.name,
        applications: count,
        ...followed(side, now),
      })),
      registries: this.#registryStates.map(({ host, hosts, mirror }) => {
        const states = this.#answersOf(hosts).map(({ state }) => state);
        return {
          host,
          images: states.length,
          unknown: states.filter(state => state === 'unknown').length,
          ...followed(mirror.side, now),
        };
      }),
      rendering:
        this.#rendered &&
        renderingStatus(this.#rendered, this.#repositories, now),
    };
  }

  #freshnessOfInstance(name: string | undefined, now: Date): Freshness {
    const argocd =
      this.#instances.find(({ config }) => config.name === name) ??
      this.#instances[0];
    return (
      argocd?.side.freshness(now) ?? {
        stale: true,
        error: 'No Argo CD instance is configured; add one to gitops.argocd',
      }
    );
  }

  #answersOf(hosts: readonly string[]): RegistryAnswer[] {
    const answers = this.#registries;
    return (answers?.references ?? []).flatMap(reference =>
      hosts.includes(registryImage(reference)?.host ?? '')
        ? answers?.of(reference) ?? []
        : [],
    );
  }

  async #catchUp(): Promise<void> {
    const at = performance.now();
    const writes = this.#writes;
    const heads = await this.#store.heads();
    await Promise.all(
      [
        ...this.#repositories,
        ...this.#instances,
        ...(this.#registries ? [this.#registries] : []),
        ...this.#registryStates,
        ...(this.#rendered ? [this.#rendered] : []),
      ].map(({ mirror }) => {
        const head = heads.get(mirror.upstream);
        return head && mirror.catchUp(head);
      }),
    );
    const promotions = heads.get(PROMOTIONS);
    if (promotions) {
      await this.#underWay.catchUp(promotions);
    }
    // What was written meanwhile may have been missed.
    if (writes === this.#writes) {
      this.#caughtUpAt = at;
    }
  }

  #partsOf(state: ServiceState): EnvironmentParts[] {
    return state.environments.map(declared => this.#partOf(state, declared));
  }

  #partOf(
    state: ServiceState,
    declared: DeclaredEnvironment,
  ): EnvironmentParts {
    const { source, repository, environments, instance } = state;
    return {
      declared,
      repository: source.refOf(declared, repository),
      snapshot: source.snapshotOf(declared),
      overlay: source.overlayOf(declared),
      application: this.#applicationOf(declared, source, instance),
      promotion: this.#underWay
        .of(repository.url, state.service)
        .find(({ to }) => to === declared.environment),
      hosts: this.#rendered?.of(source, declared),
      registry: this.#registryOf(source, declared, environments),
    };
  }

  #registryOf(
    source: RepositoryState,
    declared: DeclaredEnvironment,
    environments: DeclaredEnvironment[],
  ): EnvironmentParts['registry'] {
    const answers = this.#registries;
    return (
      answers &&
      new Map(
        [...imagesOf(source, declared, environments)].flatMap(reference => {
          const answer = answers.of(reference);
          return answer ? [[reference, answer]] : [];
        }),
      )
    );
  }

  #services(): { source: RepositoryState; service: string }[] {
    return this.#repositories.flatMap(source =>
      source.topology.services.map(service => ({ source, service })),
    );
  }

  #imagesOf(source: RepositoryState, service: string): Set<string> {
    const environments = source.topology.environments(service);
    return new Set(
      environments.flatMap(declared => [
        ...imagesOf(source, declared, environments),
      ]),
    );
  }

  #applicationOf(
    environment: DeclaredEnvironment,
    source: RepositoryState,
    instance: string | undefined,
  ): ApplicationFacts {
    const found = this.#find(source, environment, instance);
    const distanceOf = (revision: string | undefined) =>
      revision === undefined
        ? undefined
        : source.distanceOf(environment, revision);
    return {
      status: found?.status,
      url: found && applicationUrl(found.instance.config, found.status),
      readOnly: found?.instance.config.readOnly,
      distance: distanceOf(found?.status.sync.appliedRevision),
      comparedDistance: distanceOf(found?.status.sync.revision),
    };
  }

  // Of several instances that have an Application of the name, the one whose Application deploys this overlay.
  #find(
    source: RepositoryState,
    environment: DeclaredEnvironment,
    name: string | undefined,
  ): { instance: InstanceState; status: ApplicationStatus } | undefined {
    const found = this.#instances.flatMap(instance => {
      const status =
        name === undefined || instance.config.name === name
          ? instance.find(environment)
          : undefined;
      return status ? [{ instance, status }] : [];
    });
    return found.length > 1
      ? found.find(({ status }) => deploys(status, source, environment)) ??
          found[0]
      : found[0];
  }

  #assertInstance(name: string | undefined): void {
    if (
      name !== undefined &&
      !this.#instances.some(({ config }) => config.name === name)
    ) {
      throw new NotFoundError(
        `There is no Argo CD instance ${name} in gitops.argocd; correct the annotation argocd/instance-name of the entity`,
      );
    }
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

// Those that an environment pins, and those that its source would bring.
function imagesOf(
  source: RepositoryState,
  declared: DeclaredEnvironment,
  environments: DeclaredEnvironment[],
): Set<string> {
  const from = environments.find(
    ({ environment }) => environment === declared.sourceEnvironment,
  );
  return imagesAtStake(
    source.overlayOf(declared).pins,
    from && source.overlayOf(from).pins,
  );
}

function deploys(
  status: ApplicationStatus,
  source: RepositoryState,
  { overlayPath }: DeclaredEnvironment,
): boolean {
  return (
    status.path === overlayPath &&
    status.repoURL !== undefined &&
    repositoryIdentity(status.repoURL) === repositoryIdentity(source.config.url)
  );
}
