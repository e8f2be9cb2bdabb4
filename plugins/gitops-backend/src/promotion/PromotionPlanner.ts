import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import {
  blocks,
  DeclaredEnvironment,
  planPromotion,
  PlannedPromotion,
  PromotionRequest,
  samePinChanges,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { StoredPromotion } from '../database/PromotionStore';
import { ReadModel, ServiceState } from '../readmodel/ReadModel';
import { PromotionContext } from './PromotionContext';

/** Plans promotions from the last known state of the tree. */
export class PromotionPlanner {
  readonly #readModel: ReadModel;

  constructor({ readModel }: Pick<PromotionContext, 'readModel'>) {
    this.#readModel = readModel;
  }

  /**
   * What a promotion would change.
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

  /** The same change on the tree as it is now; undefined where it is not possible any more. */
  planAgain(promotion: StoredPromotion): PlannedPromotion | undefined {
    const service = this.#readModel.service(promotion.service);
    if (service.repository.url !== promotion.repository) {
      return undefined;
    }
    try {
      const planned = this.plan(service, {
        from: promotion.from,
        to: promotion.to,
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
