import { LoggerService } from '@backstage/backend-plugin-api';
import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import {
  blocks,
  DeclaredEnvironment,
  hasArrived,
  planPromotion,
  PlannedPromotion,
  PromotionPlan,
  promotionCommitMessage,
  PromotionRequest,
  pullRequestBody,
  sameVersion,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { PromotionStore, StoredPromotion } from '../database/PromotionStore';
import { isUncertain } from '../github/githubErrors';
import { InfraRepository, PullRequest } from '../github/GithubRepository';
import { ReadModel, ServiceState } from '../readmodel/ReadModel';

// A promotion without a commit for that long was interrupted: nobody is working on it any more.
const INTERRUPTED_AFTER_MS = 60_000;
// GitHub may show a branch as it was for a moment after a merge.
const MERGE_VISIBLE_AFTER_MS = 60_000;

/** Who asks for a promotion, and where. */
export interface PromotionAsker {
  /** Entity ref of the person. */
  userRef: string;
  /** The entity that the service was asked for on. */
  entityRef: string;
}

/**
 * Opens promotions, merges them and follows them until they run. Each outside step is preceded by a row that says
 * where the promotion stands, so that `reconcile` can go on from there after a crash.
 */
export class PromotionEngine {
  readonly #readModel: ReadModel;
  readonly #store: PromotionStore;
  readonly #repositories: ReadonlyMap<string, InfraRepository>;
  readonly #logger: LoggerService;
  readonly #pageUrl: (entityRef: string) => string;
  readonly #onChange: (service: string) => void;
  readonly #opening = new Map<string, Promise<StoredPromotion>>();

  constructor(options: {
    readModel: ReadModel;
    store: PromotionStore;
    /** By URL. */
    repositories: ReadonlyMap<string, InfraRepository>;
    logger: LoggerService;
    /** Address of an entity's page in Backstage. */
    pageUrl: (entityRef: string) => string;
    onChange: (service: string) => void;
  }) {
    this.#readModel = options.readModel;
    this.#store = options.store;
    this.#repositories = options.repositories;
    this.#logger = options.logger;
    this.#pageUrl = options.pageUrl;
    this.#onChange = options.onChange;
  }

  /**
   * What a promotion would change, from the last known state of the tree.
   *
   * @throws NotFoundError for an unknown environment; InputError where `to` is not promoted from `from`, or for an
   * unknown image.
   */
  plan(service: ServiceState, request: PromotionRequest): PlannedPromotion {
    const from = environmentNamed(service, request.from);
    const to = environmentNamed(service, request.to);
    if (to.sourceEnvironment !== from.environment) {
      throw new InputError(
        to.sourceEnvironment
          ? `${to.environment} is promoted from ${to.sourceEnvironment}, not from ${from.environment}`
          : `${to.environment} is not promoted from anywhere; say so with the annotation gitops-infra.dev/promotes-from on its Application`,
      );
    }
    const planned = planPromotion({
      service: service.service,
      repository: service.repository,
      from: this.#readModel.factsOf(service, from),
      to: this.#readModel.factsOf(service, to),
      images: request.images,
    });
    const names = [...planned.plan.changes, ...planned.plan.skipped].map(
      ({ name }) => name,
    );
    const unknown = request.images?.find(image => !names.includes(image));
    if (unknown !== undefined) {
      throw new InputError(
        `Neither ${from.environment} nor ${
          to.environment
        } pins an image ${unknown}; they pin ${names.join(', ') || 'none'}`,
      );
    }
    return planned;
  }

  /**
   * Opens the pull request of a promotion, on the head of the deployed branch as it is now, or finds the one that is
   * open for the same change.
   *
   * @throws ConflictError where nothing is to be promoted, a finding blocks, or another change is open for the target.
   */
  async promote(
    service: ServiceState,
    request: PromotionRequest,
    asker: PromotionAsker,
  ): Promise<{
    planned: PlannedPromotion;
    promotion: StoredPromotion;
    created: boolean;
  }> {
    await service.source.refresh();
    const current = this.#readModel.service(service.service, service.instance);
    const planned = this.plan(current, request);
    const { plan } = planned;

    const open = await this.#findOpen(plan);
    if (!open) {
      assertPromotable(planned);
    }
    const { promotion, created } = open
      ? { promotion: open, created: false }
      : await this.#store.request({
          repository: plan.repository.url,
          service: plan.service,
          from: plan.from,
          to: plan.to,
          entityRef: asker.entityRef,
          title: plan.title,
          changes: plan.changes,
          branch: plan.branch,
          baseCommit: plan.repository.head,
          requestedBy: asker.userRef,
        });
    if (promotion.branch !== plan.branch) {
      throw new ConflictError(
        `${
          promotion.pullRequest
            ? `Pull request #${promotion.pullRequest.number}`
            : 'A promotion'
        } is open for ${plan.to} with another change (${
          promotion.title
        }); merge or close it first`,
      );
    }
    return {
      planned,
      promotion:
        promotion.state === 'requested'
          ? await this.#open(promotion, planned.edits)
          : promotion,
      created,
    };
  }

  /**
   * Merges the pull request of a promotion at the commit that was reviewed. One that is merged already is no error.
   *
   * @throws ConflictError where it is not open, or somebody pushed to its branch.
   */
  async merge(
    promotion: StoredPromotion,
    userRef: string,
  ): Promise<StoredPromotion> {
    const { pullRequest, headCommit } = promotion;
    if (promotion.state === 'merged' || promotion.state === 'deployed') {
      return promotion;
    }
    if (promotion.state !== 'open' || !pullRequest || !headCommit) {
      throw new ConflictError(
        `The promotion is ${promotion.state}; only an open pull request can be merged`,
      );
    }
    const github = this.#github(promotion);
    const pull = await this.#lookAt(promotion, pullRequest.number);
    if (pull?.state !== 'open') {
      return this.#reconcileOpen(promotion, pull);
    }
    if (pull.headCommit !== headCommit) {
      throw new ConflictError(
        `Somebody pushed to ${promotion.branch} after the pull request was opened; review and merge it on GitHub: ${pull.url}`,
      );
    }
    const mergeCommit = await github.merge(pullRequest.number, headCommit);
    const merged = await this.#store.record(promotion.id, 'merged', {
      mergeCommit,
      mergedBy: userRef,
      mergedAt: new Date().toISOString(),
    });
    await this.#afterMerge(merged);
    return merged;
  }

  /** Looks at every promotion that something is still expected of, and takes it as far as it goes. Never rejects. */
  async reconcile(): Promise<void> {
    await this.#readModel.catchUp();
    await this.#each(await this.#store.listUnderWay(), promotion =>
      this.#reconcileOne(promotion),
    );
  }

  /** Looks at the promotion of a pull request, if it is one's. Never rejects. */
  async reconcilePullRequest(
    repository: string,
    number: number,
  ): Promise<void> {
    await this.#readModel.catchUp();
    const underWay = await this.#store.listUnderWay();
    await this.#each(
      underWay.filter(
        promotion =>
          promotion.repository === repository &&
          promotion.pullRequest?.number === number,
      ),
      promotion => this.#reconcileOne(promotion),
    );
  }

  /** Looks whether merged promotions of a service have arrived; asks GitHub only about commits not seen before. */
  async settle(repository: string, service: string): Promise<void> {
    const promotions = await this.#store.listUnderWay({ repository, service });
    await this.#each(
      promotions.filter(({ state }) => state === 'merged'),
      promotion => this.#settleOne(promotion),
    );
  }

  // What is open according to the database, looked at on GitHub first: it may have been merged or closed there.
  async #findOpen({
    repository,
    service,
    to,
  }: PromotionPlan): Promise<StoredPromotion | undefined> {
    const open = await this.#store.findOpen(repository.url, service, to);
    if (open?.state !== 'open') {
      return open;
    }
    await this.#reconcileOne(open);
    return this.#store.findOpen(repository.url, service, to);
  }

  async #each(
    promotions: StoredPromotion[],
    step: (promotion: StoredPromotion) => Promise<unknown>,
  ): Promise<void> {
    for (const promotion of promotions) {
      try {
        await step(promotion);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (message !== promotion.error) {
          this.#logger.warn(`Promotion ${promotion.id}: ${message}`);
          await this.#store.update(promotion.id, { error: message });
          this.#onChange(promotion.service);
        }
      }
    }
  }

  async #reconcileOne(promotion: StoredPromotion): Promise<unknown> {
    switch (promotion.state) {
      case 'requested':
        return this.#resume(promotion);
      case 'open':
        return (
          promotion.pullRequest &&
          this.#reconcileOpen(
            promotion,
            await this.#lookAt(promotion, promotion.pullRequest.number),
          )
        );
      default:
        return this.#settleOne(promotion);
    }
  }

  async #resume(promotion: StoredPromotion): Promise<void> {
    if (promotion.headCommit) {
      await this.#open(promotion);
      return;
    }
    const idleMs = Date.now() - Date.parse(promotion.updatedAt);
    if (!this.#opening.has(promotion.id) && idleMs > INTERRUPTED_AFTER_MS) {
      await this.#store.record(promotion.id, 'closed', {
        error:
          'Interrupted before anything was done on GitHub; press Promote again',
      });
      this.#onChange(promotion.service);
    }
  }

  // Undefined where the repository is there and the pull request is not, as in one that was made anew.
  async #lookAt(
    promotion: StoredPromotion,
    number: number,
  ): Promise<PullRequest | undefined> {
    const github = this.#github(promotion);
    try {
      return await github.pullRequest(number);
    } catch (error) {
      if (!NotFoundError.is(error)) {
        throw error;
      }
      await github.head();
      return undefined;
    }
  }

  async #reconcileOpen(
    promotion: StoredPromotion,
    pull: PullRequest | undefined,
  ): Promise<StoredPromotion> {
    if (!pull) {
      const gone = await this.#store.record(promotion.id, 'closed', {
        error: 'The pull request is not in the repository any more',
      });
      this.#onChange(promotion.service);
      return gone;
    }
    if (pull.state === 'open') {
      if (promotion.error) {
        await this.#store.update(promotion.id, { error: undefined });
        this.#onChange(promotion.service);
      }
      return promotion;
    }
    const ended = await this.#store.record(
      promotion.id,
      pull.merged ? 'merged' : 'closed',
      {
        mergeCommit: pull.mergeCommit,
        mergedBy: pull.mergedBy,
        mergedAt: pull.mergedAt,
      },
    );
    if (ended.state === 'merged') {
      await this.#afterMerge(ended);
    } else {
      this.#onChange(promotion.service);
    }
    return ended;
  }

  // What follows a merge is done again by the next reconcile where it fails; the merge itself stands.
  async #afterMerge(promotion: StoredPromotion): Promise<void> {
    this.#onChange(promotion.service);
    const { branch, headCommit } = promotion;
    await Promise.allSettled([
      headCommit && this.#github(promotion).deleteBranch(branch, headCommit),
      (async () =>
        this.#readModel.service(promotion.service).source.refresh())(),
    ]);
  }

  async #settleOne(promotion: StoredPromotion): Promise<void> {
    const { mergeCommit } = promotion;
    const service = this.#readModel.service(promotion.service);
    if (!mergeCommit || service.repository.url !== promotion.repository) {
      return;
    }
    const target = service.environments.find(
      ({ environment }) => environment === promotion.to,
    );
    const status = target && this.#readModel.statusOf(service, target);
    const revision = status?.sync.revision;
    if (
      status &&
      revision &&
      hasArrived(
        promotion.changes,
        status,
        await contains(service, revision, mergeCommit),
      )
    ) {
      await this.#store.record(promotion.id, 'arrived');
      this.#onChange(promotion.service);
      return;
    }
    const replaced = await this.#whyReplaced(service, target, promotion);
    if (replaced) {
      await this.#store.record(promotion.id, 'replaced', { error: replaced });
      this.#onChange(promotion.service);
    }
  }

  async #whyReplaced(
    service: ServiceState,
    target: DeclaredEnvironment | undefined,
    { mergeCommit, updatedAt, changes, to }: StoredPromotion,
  ): Promise<string | undefined> {
    if (
      mergeCommit &&
      (await contains(service, service.repository.head, mergeCommit))
    ) {
      return stillDesired(this.#readModel, service, target, changes)
        ? undefined
        : `Another change to ${to} replaced it before it was seen running`;
    }
    return Date.now() - Date.parse(updatedAt) > MERGE_VISIBLE_AFTER_MS
      ? `The branch ${service.repository.branch} does not have its merge any more`
      : undefined;
  }

  async #open(
    promotion: StoredPromotion,
    edits: PlannedPromotion['edits'] = [],
  ): Promise<StoredPromotion> {
    // Two requests at once in this process are one piece of work.
    const running = this.#opening.get(promotion.id);
    if (running) {
      return running;
    }
    const opening = this.#openSteps(promotion, edits).finally(() =>
      this.#opening.delete(promotion.id),
    );
    this.#opening.set(promotion.id, opening);
    return opening;
  }

  async #openSteps(
    promotion: StoredPromotion,
    edits: PlannedPromotion['edits'],
  ): Promise<StoredPromotion> {
    const github = this.#github(promotion);
    let headCommit = promotion.headCommit;
    try {
      headCommit ??= await this.#store.proposeHeadCommit(
        promotion.id,
        await github.createCommit({
          parent: promotion.baseCommit,
          message: promotionCommitMessage(promotion.title, promotion),
          files: edits,
        }),
      );
      await github.createBranch(promotion.branch, headCommit);
      const pull =
        (promotion.headCommit &&
          (await github.findPullRequest(promotion.branch))) ||
        (await github.openPullRequest({
          branch: promotion.branch,
          title: promotion.title,
          body: pullRequestBody(promotion, {
            id: promotion.id,
            requestedBy: promotion.requestedBy,
            pageUrl: this.#pageUrl(promotion.entityRef),
          }),
        }));
      const opened = await this.#store.record(promotion.id, 'opened', {
        pullRequest: { number: pull.number, url: pull.url },
      });
      this.#onChange(promotion.service);
      return opened;
    } catch (error) {
      await this.#afterFailedOpening(promotion, headCommit, error);
      throw error;
    }
  }

  // A step that may have taken effect is looked at again by reconcile; one that was refused is undone and ended.
  async #afterFailedOpening(
    promotion: StoredPromotion,
    headCommit: string | undefined,
    error: unknown,
  ): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    if (headCommit && isUncertain(error)) {
      await this.#store.update(promotion.id, { error: message });
    } else {
      if (headCommit) {
        await this.#github(promotion)
          .deleteBranch(promotion.branch, headCommit)
          .catch(() => {});
      }
      await this.#store.record(promotion.id, 'closed', { error: message });
    }
    this.#onChange(promotion.service);
  }

  #github(promotion: StoredPromotion): InfraRepository {
    const github = this.#repositories.get(promotion.repository);
    if (!github) {
      throw new NotFoundError(
        `The infra repository ${promotion.repository} is not configured any more; add it to gitops.repositories`,
      );
    }
    return github;
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

function assertPromotable({ plan, edits }: PlannedPromotion): void {
  const blocking = plan.findings.find(({ severity }) => severity === 'error');
  if (blocks(plan.findings) && blocking) {
    throw new ConflictError(
      `${plan.to} cannot be promoted to: ${blocking.what} ${blocking.why}`,
    );
  }
  if (edits.length === 0) {
    throw new ConflictError(
      `Nothing to promote: ${plan.to} pins what ${plan.from} pins already`,
    );
  }
}

async function contains(
  { source }: ServiceState,
  revision: string,
  commit: string,
): Promise<boolean> {
  try {
    return (await source.compare(commit, revision)).behindBy === 0;
  } catch (error) {
    // One of them is in the repository no more.
    if (NotFoundError.is(error)) {
      return false;
    }
    throw error;
  }
}

function stillDesired(
  readModel: ReadModel,
  service: ServiceState,
  target: DeclaredEnvironment | undefined,
  changes: StoredPromotion['changes'],
): boolean {
  const pins = target ? readModel.factsOf(service, target).overlay.pins : [];
  return changes.every(change =>
    pins.some(
      pin => pin.name === change.name && sameVersion(pin.version, change.after),
    ),
  );
}
