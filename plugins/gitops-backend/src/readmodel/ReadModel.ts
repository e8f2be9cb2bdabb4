import {
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
  ServiceReference,
  UpstreamsStatus,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { PROMOTIONS, UpstreamStore } from '../database/UpstreamStore';
import { imagesAtStake } from '../registry/imagesAtStake';
import { Applications, Deploying, deploys } from './Applications';
import { PromotionsUnderWay } from './PromotionsUnderWay';
import { RepositoryState } from './RepositoryState';
import { NamedService, Services, ServiceState } from './Services';
import { shareRuns } from './shareRuns';
import { UpstreamStates, upstreamsStatus } from './upstreamsStatus';

/** A page view shows what other processes knew that long ago, or later. */
export const LATEST_KNOWN_MS = 100;

/** An environment as it was made from parts that are compared to see whether it still holds. */
interface KnownViews {
  parts: unknown[];
  views: EnvironmentView[];
}

/** What is known of every service, from the last known state of each upstream. Reading it asks no upstream. */
export class ReadModel {
  readonly #upstreams: UpstreamStates;
  readonly #services: Services;
  readonly #applications: Applications;
  readonly #store: UpstreamStore;
  readonly #underWay: PromotionsUnderWay;
  /** The rules that findings are made by. */
  readonly rules: readonly FindingRule[];
  readonly #views = new Map<string, KnownViews>();
  readonly #sharedCatchUp = shareRuns(() => this.#catchUp());
  #caughtUpAt = -Infinity;
  #writes = 0;

  /** @param options.rules - the rules that findings are made by; those of the plugin itself unless given */
  constructor(
    options: UpstreamStates & {
      store: UpstreamStore;
      underWay: PromotionsUnderWay;
      rules?: readonly FindingRule[];
    },
  ) {
    const { store, underWay, rules = FINDING_RULES, ...upstreams } = options;
    this.#upstreams = upstreams;
    this.#services = new Services(upstreams.repositories);
    this.#applications = new Applications(upstreams.instances);
    this.#store = store;
    this.#underWay = underWay;
    this.rules = rules;
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
   * @throws as `Services.find`
   */
  service(service: string, instance?: string): ServiceState {
    return this.#services.find(service, instance);
  }

  /**
   * Finds the service that an entity refers to.
   *
   * @throws as `Services.meantBy`, and NotFoundError where it names an Argo CD instance that is not configured
   */
  serviceOf(reference: ServiceReference): ServiceState {
    this.#applications.assertInstance(reference.instance);
    return this.#services.meantBy(reference);
  }

  /** The environments of a service, made again only when one of the parts that they are made from is another one. */
  viewsOf(state: ServiceState): EnvironmentView[] {
    const { service, repository, environments, instance } = state;
    const all = this.#partsOf(state);
    const parts = [
      environments,
      repository.head,
      state.source.defaultBranch,
      ...all.flatMap(
        ({ snapshot, overlay, application, promotion, hosts, registry }) => [
          // Not the snapshot: the views of a service that nobody looks at would keep it.
          snapshot?.commit,
          overlay.problem?.message,
          overlay.unread,
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
      argocd: this.#applications.freshness(
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
    const found = this.#applications.find({ source, instance }, environment);
    return this.#applications.freshness(
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
    deploying: Deploying,
    environment: DeclaredEnvironment,
  ): ApplicationStatus | undefined {
    return this.#applications.find(deploying, environment)?.status;
  }

  /** Whether an Application deploys the overlay of an environment, as Git declares it. */
  isDeployedBy(
    { source }: Pick<ServiceState, 'source'>,
    environment: DeclaredEnvironment,
    status: ApplicationStatus,
  ): boolean {
    return deploys(status, source, environment);
  }

  /** The services that Applications belong to. */
  servicesOf(applications: { name: string }[]): NamedService[] {
    return this.#services.ofApplications(applications);
  }

  /** The images that any environment pins or may be promoted to, as `imageReference` writes them. */
  imagesAtStake(): Set<string> {
    return new Set(
      this.#services.all.flatMap(({ source, service }) => [
        ...this.#imagesOf(source, service),
      ]),
    );
  }

  /** The services that images matter to. */
  servicesOfImages(references: string[]): NamedService[] {
    const wanted = new Set(references);
    return wanted.size === 0
      ? []
      : this.#services.all.filter(({ source, service }) =>
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
    return upstreamsStatus(this.#upstreams, now);
  }

  async #catchUp(): Promise<void> {
    const {
      repositories,
      instances,
      registries,
      registryStates = [],
      rendered,
    } = this.#upstreams;
    const at = performance.now();
    const writes = this.#writes;
    const heads = await this.#store.heads();
    await Promise.all(
      [
        ...repositories,
        ...instances,
        ...(registries ? [registries] : []),
        ...registryStates,
        ...(rendered ? [rendered] : []),
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
    const { source, repository, environments } = state;
    return {
      declared,
      defaultBranch: source.defaultBranch,
      repository: source.refOf(declared, repository),
      snapshot: source.snapshotOf(declared),
      overlay: source.overlayOf(declared),
      application: this.#applications.factsOf(state, declared),
      promotion: this.#underWay
        .of(repository.url, state.service)
        .find(({ to }) => to === declared.environment),
      hosts: this.#upstreams.rendered?.of(source, declared),
      registry: this.#registryOf(source, declared, environments),
    };
  }

  #registryOf(
    source: RepositoryState,
    declared: DeclaredEnvironment,
    environments: DeclaredEnvironment[],
  ): EnvironmentParts['registry'] {
    const answers = this.#upstreams.registries;
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

  #imagesOf(source: RepositoryState, service: string): Set<string> {
    const environments = source.topology.environments(service);
    return new Set(
      environments.flatMap(declared => [
        ...imagesOf(source, declared, environments),
      ]),
    );
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
