import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import {
  blockingFindings,
  bySource,
  DeclaredEnvironment,
  EarlierStatesResponse,
  EnvironmentFacts,
  goesBack,
  imageReference,
  parseVersion,
  PlanInput,
  planPromotion,
  PlannedPromotion,
  PromotionRequest,
  PromotionSource,
  PullRequestTemplates,
  samePinChanges,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { MergedPromotion, StoredPromotion } from '../database/PromotionStore';
import { ReadModel } from '../readmodel/ReadModel';
import { ServiceState } from '../readmodel/Services';
import { OverlayHistory } from './OverlayHistory';
import { PromotionContext } from './PromotionContext';

type PlanSource = Pick<PlanInput, 'from' | 'version' | 'rollbackTo'>;

/** A plan, with what gates are to know of it besides. */
export interface CheckedPlan extends PlannedPromotion {
  /** What registries say of the images that it was made with. */
  registry: EnvironmentFacts['registry'];
  /** Whether it goes back to what the target had. To name an earlier state is not enough: that can lead forward again. */
  rollback: boolean;
}

/** The environment that a promotion goes to. */
export interface PromotionTarget {
  service: ServiceState;
  facts: EnvironmentFacts;
}

const SOURCES = ['from', 'version', 'rollbackTo'] as const;

/** Plans promotions from the last known state of the tree. */
export class PromotionPlanner {
  readonly #readModel: ReadModel;
  readonly #store: PromotionContext['store'];
  readonly #history: OverlayHistory;
  readonly #templates: PullRequestTemplates;
  readonly #namedImages: PromotionContext['namedImages'];

  constructor(
    context: Pick<
      PromotionContext,
      'readModel' | 'store' | 'pullRequest' | 'namedImages'
    >,
  ) {
    this.#namedImages = context.namedImages;
    this.#readModel = context.readModel;
    this.#store = context.store;
    this.#templates = context.pullRequest.templates;
    this.#history = new OverlayHistory(context);
  }

  /**
   * What a promotion would change. Only what a rollback goes back to is asked for at GitHub, and only images that there is no
   * answer for yet, as those of a version that a person names, at their registry.
   *
   * @throws NotFoundError for an unknown environment; InputError where there is not exactly one source, `to` is not
   * promoted from `from`, the version is none or could go to several pins, there was no such earlier state, or for an
   * unknown image.
   */
  async plan(
    service: ServiceState,
    request: PromotionRequest,
  ): Promise<CheckedPlan> {
    const to = environmentNamed(service, request.to);
    const target = this.#readModel.factsOf(service, to);
    const planned = await this.#check({
      service: service.service,
      repository: service.repository,
      to: target,
      images: request.images,
      templates: this.#templates,
      rules: this.#readModel.rules,
      merged: await this.#mergedInto(service, to),
      ...(await this.#sourceOf(service, target, request)),
    });
    const names = [...planned.plan.changes, ...planned.plan.skipped].map(
      ({ name }) => name,
    );
    const unknown = request.images?.find(image => !names.includes(image));
    if (unknown !== undefined) {
      const known = names.join(', ') || 'none';
      throw new InputError(
        request.from === undefined
          ? `${to.environment} does not pin an image ${unknown}; it pins ${known}`
          : `Neither ${request.from} nor ${to.environment} pins an image ${unknown}; they pin ${known}`,
      );
    }
    return planned;
  }

  /**
   * The states that an environment can be rolled back to. Asks GitHub.
   *
   * @throws NotFoundError for an unknown environment.
   */
  async earlierStates(
    service: ServiceState,
    environment: string,
  ): Promise<EarlierStatesResponse> {
    const target = environmentNamed(service, environment);
    return this.#history.statesOf(
      service,
      this.#readModel.factsOf(service, target),
    );
  }

  async #mergedInto(
    { repository, service }: ServiceState,
    { environment }: DeclaredEnvironment,
  ): Promise<MergedPromotion[]> {
    return this.#store.listMerged(repository.url, service, environment);
  }

  // What a person names was never asked for, nor was what a source pins since a moment ago.
  async #check(input: PlanInput): Promise<CheckedPlan> {
    const planned = planPromotion(input);
    const { plan } = planned;
    const rollback =
      plan.rollbackTo !== undefined && goesBack(plan, input.merged ?? []);
    const { registry = new Map() } = input.to;
    const unanswered = plan.changes
      .map(({ image, after: version }) => imageReference({ image, version }))
      .filter(reference => !registry.has(reference));
    const found = await this.#namedImages?.lookUp(unanswered);
    if (!found?.size) {
      return { ...planned, registry: input.to.registry, rollback };
    }
    const all = new Map([...registry, ...found]);
    return {
      ...planPromotion({ ...input, to: { ...input.to, registry: all } }),
      registry: all,
      rollback,
    };
  }

  async #sourceOf(
    service: ServiceState,
    target: EnvironmentFacts,
    request: PromotionRequest,
  ): Promise<PlanSource> {
    const given = SOURCES.filter(source => request[source] !== undefined);
    if (given.length !== 1) {
      throw new InputError(
        `A promotion has exactly one of ${SOURCES.join(', ')}; this one has ${
          given.join(' and ') || 'none'
        }`,
      );
    }
    return bySource<PlanSource | Promise<PlanSource>>(request, {
      from: name => ({ from: this.#sourceEnvironment(service, target, name) }),
      rollbackTo: async commit => ({
        rollbackTo: await this.#history.stateAt(service, target, commit),
      }),
      version: version => {
        assertCanHave(target, version, request.images);
        return { version };
      },
    });
  }

  #sourceEnvironment(
    service: ServiceState,
    { declared: to }: EnvironmentFacts,
    name: string,
  ): EnvironmentFacts {
    const from = environmentNamed(service, name);
    if (to.sourceEnvironment !== from.environment) {
      throw new InputError(
        to.sourceEnvironment
          ? `${to.environment} is promoted from ${to.sourceEnvironment}, not from ${from.environment}`
          : `${to.environment} is not promoted from anywhere; say so with the annotation gitops-infra.dev/promotes-from on its Application`,
      );
    }
    return this.#readModel.factsOf(service, from);
  }

  /** Where a promotion goes, as it is now; undefined where that is not there any more. */
  targetOf(promotion: StoredPromotion): PromotionTarget | undefined {
    try {
      const service = this.#readModel.service(
        promotion.service,
        promotion.instance,
      );
      const declared = environmentNamed(service, promotion.to);
      return service.repository.url === promotion.repository
        ? { service, facts: this.#readModel.factsOf(service, declared) }
        : undefined;
    } catch (error) {
      if (NotFoundError.is(error)) {
        return undefined;
      }
      throw error;
    }
  }

  /** The versions of a promotion on the overlay as it is now, whatever its source has by now. */
  planAnew(
    promotion: StoredPromotion,
    target: PromotionTarget,
  ): PlannedPromotion {
    return planPromotion(this.#anew(promotion, target));
  }

  /**
   * The same for gates to be asked about its merge.
   *
   * @throws NotFoundError where the service does not have the environment; ConflictError where it is in another repository by now.
   */
  async planMerge(
    promotion: StoredPromotion,
  ): Promise<{ service: ServiceState; planned: CheckedPlan }> {
    const service = this.#readModel.service(
      promotion.service,
      promotion.instance,
    );
    if (service.repository.url !== promotion.repository) {
      throw new ConflictError(
        `${promotion.service} is in ${service.repository.url} now, and this pull request is in ${promotion.repository}; it cannot be merged from here, only closed`,
      );
    }
    const declared = environmentNamed(service, promotion.to);
    const facts = this.#readModel.factsOf(service, declared);
    const planned = await this.#check({
      ...this.#anew(promotion, { service, facts }),
      merged: await this.#mergedInto(service, declared),
    });
    return { service, planned };
  }

  #anew(
    promotion: StoredPromotion,
    { service, facts }: PromotionTarget,
  ): PlanInput {
    return {
      service: service.service,
      repository: service.repository,
      again: promotion,
      to: facts,
      templates: this.#templates,
      rules: this.#readModel.rules,
    };
  }

  /** The same change on the tree as it is now; undefined where it is not possible any more. */
  async planAgain(
    promotion: StoredPromotion,
  ): Promise<PlannedPromotion | undefined> {
    const target = this.targetOf(promotion);
    if (!target) {
      return undefined;
    }
    try {
      const { from, version, rollbackTo, to } = promotion;
      const planned = await this.plan(target.service, {
        from,
        version,
        rollbackTo,
        to,
        images: promotion.changes.map(({ name }) => name),
      });
      return planned.edits.length > 0 &&
        samePinChanges(planned.plan.changes, promotion.changes)
        ? planned
        : undefined;
    } catch (error) {
      if (NotFoundError.is(error) || InputError.is(error)) {
        return undefined;
      }
      throw error;
    }
  }
}

/** @throws ConflictError where a finding blocks the plan, or it changes nothing. */
export function assertPromotable({ plan, edits }: PlannedPromotion): void {
  const [blocking] = blockingFindings(plan.findings);
  if (blocking) {
    throw new ConflictError(
      `${plan.to} cannot be promoted to: ${blocking.what} ${blocking.why}`,
    );
  }
  if (edits.length === 0) {
    throw new ConflictError(
      `Nothing to promote: ${bySource(plan, {
        from: from =>
          whyUnfit(plan, from) ?? `${plan.to} pins what ${from} pins already`,
        version: version =>
          whyUnfit(plan, version) ?? `${plan.to} pins ${version} already`,
        rollbackTo: commit =>
          whyUnfit(plan, commit) ??
          `${plan.to} pins what it pinned at ${commit}`,
      })}`,
    );
  }
}

// Where a version is there, and has no place in the pin.
function whyUnfit(
  { to, skipped }: PlannedPromotion['plan'],
  source: string,
): string | undefined {
  const unfit = skipped.find(
    ({ reason }) => reason === 'tag-against-digest' || reason === 'no-version',
  );
  return (
    unfit &&
    (unfit.reason === 'no-version'
      ? `the pin of ${unfit.name} names no version, in ${to} or in what it would come from`
      : `${to} pins ${unfit.name} by the other of tag and digest than ${source}`)
  );
}

/** What of a plan its row keeps, and another change replaces; or of a row. */
export function contentOf({
  from,
  version,
  rollbackTo,
  title,
  changes,
  undoes,
}: Pick<
  PlannedPromotion['plan'],
  keyof PromotionSource | 'title' | 'changes' | 'undoes'
>) {
  return { from, version, rollbackTo, title, changes, undoes };
}

// Which of several pins a version is meant for only a person can say.
function assertCanHave(
  { declared: { environment }, overlay }: EnvironmentFacts,
  version: string,
  images: string[] | undefined,
): void {
  if (!parseVersion(version)) {
    throw new InputError(
      `${version} is no version; give a tag such as 1.4.2, a digest such as sha256:…, or both as 1.4.2@sha256:…`,
    );
  }
  const names = [...new Set(overlay.pins.map(({ name }) => name))];
  if (!images && names.length > 1) {
    throw new InputError(
      `${environment} pins several images; choose with images which of them get ${version}: ${names.join(
        ', ',
      )}`,
    );
  }
}

function environmentNamed(
  { service, environments }: ServiceState,
  name: string,
): DeclaredEnvironment {
  const found = environments.find(({ environment }) => environment === name);
  if (!found) {
    throw new NotFoundError(
      `${service} has no environment ${name}; it has ${environments
        .map(({ environment }) => environment)
        .join(', ')}`,
    );
  }
  return found;
}
