import { ConflictError, NotFoundError } from '@backstage/errors';
import {
  GateContext,
  GatePerson,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { StoredPromotion } from '../database/PromotionStore';
import { ReadModel, ServiceState } from '../readmodel/ReadModel';
import { goesBack } from './goesBack';
import { PromotionContext } from './PromotionContext';
import { CheckedPlan } from './PromotionPlanner';

type Context = Pick<PromotionContext, 'readModel' | 'store'>;

/**
 * What gates may know of a promotion that is asked for.
 *
 * @throws NotFoundError where the service does not have the environment.
 */
export async function openingContext(
  { readModel, store }: Context,
  service: ServiceState,
  { plan, registry }: CheckedPlan,
  { entityRef, ...person }: GatePerson & { entityRef: string },
): Promise<GateContext> {
  const { to, changes, findings } = plan;
  const context = gateContext(readModel, service, {
    step: 'open',
    to,
    entityRef,
    rollback: await goesBack(store, plan),
    changes,
    findings,
    person,
    now: new Date(),
  });
  return { ...context, target: { ...context.target, registry } };
}

/**
 * What gates may know of a promotion that is about to be merged.
 *
 * @throws NotFoundError where the service does not have the environment; ConflictError where it is in another repository by now.
 */
export async function mergeContext(
  { readModel, store }: Context,
  promotion: StoredPromotion,
  person: GatePerson,
): Promise<GateContext> {
  const { repository, service, to, entityRef, changes } = promotion;
  const state = readModel.service(service);
  if (state.repository.url !== repository) {
    throw new ConflictError(
      `${service} is in ${state.repository.url} now, and this pull request is in ${repository}; it cannot be merged from here, only closed`,
    );
  }
  return gateContext(readModel, state, {
    step: 'merge',
    to,
    entityRef,
    rollback: await goesBack(store, promotion),
    changes,
    findings: [],
    person,
    now: new Date(),
  });
}

// From the last known state.
function gateContext(
  readModel: ReadModel,
  service: ServiceState,
  about: { to: string } & Pick<
    GateContext,
    | 'step'
    | 'entityRef'
    | 'rollback'
    | 'changes'
    | 'findings'
    | 'person'
    | 'now'
  >,
): GateContext {
  const { to, ...rest } = about;
  const target = service.environments.find(
    ({ environment }) => environment === to,
  );
  if (!target) {
    throw new NotFoundError(`${service.service} has no environment ${to}`);
  }
  const source = service.environments.find(
    ({ environment }) => environment === target.sourceEnvironment,
  );
  return {
    ...rest,
    service: service.service,
    target: readModel.factsOf(service, target),
    source: source && readModel.factsOf(service, source),
    sourceFreshness:
      source && readModel.argocdFreshness(service, source, rest.now),
  };
}
