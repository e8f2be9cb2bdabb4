import { ConflictError, NotFoundError } from '@backstage/errors';
import {
  GateContext,
  GatePerson,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { StoredPromotion } from '../database/PromotionStore';
import { ServiceState } from '../readmodel/Services';
import { within } from '../within';
import { goesBack } from './goesBack';
import { PromotionContext } from './PromotionContext';
import { CheckedPlan } from './PromotionPlanner';

// A person waits for it, and a gate may take five seconds.
const PODS_LIMIT_MS = 3_000;

type Context = Pick<PromotionContext, 'readModel' | 'store' | 'podImages'>;

/**
 * What gates may know of a promotion that is asked for.
 *
 * @throws NotFoundError where the service does not have the environment.
 */
export async function openingContext(
  context: Context,
  service: ServiceState,
  { plan, registry }: CheckedPlan,
  { entityRef, ...person }: GatePerson & { entityRef: string },
): Promise<GateContext> {
  const { to, changes, findings } = plan;
  const found = gateContext(context, service, {
    step: 'open',
    to,
    entityRef,
    rollback: await goesBack(context.store, plan),
    changes,
    findings,
    person,
    now: new Date(),
  });
  return { ...found, target: { ...found.target, registry } };
}

/**
 * What gates may know of a promotion that is about to be merged.
 *
 * @throws NotFoundError where the service does not have the environment; ConflictError where it is in another repository by now.
 */
export async function mergeContext(
  context: Context,
  promotion: StoredPromotion,
  person: GatePerson,
): Promise<GateContext> {
  const { repository, service, instance, to, entityRef, changes } = promotion;
  const state = context.readModel.service(service, instance);
  if (state.repository.url !== repository) {
    throw new ConflictError(
      `${service} is in ${state.repository.url} now, and this pull request is in ${repository}; it cannot be merged from here, only closed`,
    );
  }
  return gateContext(context, state, {
    step: 'merge',
    to,
    entityRef,
    rollback: await goesBack(context.store, promotion),
    changes,
    findings: [],
    person,
    now: new Date(),
  });
}

// From the last known state.
function gateContext(
  { readModel, podImages }: Context,
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
  const status = source && readModel.statusOf(service, source);
  return {
    ...rest,
    service: service.service,
    target: readModel.factsOf(service, target),
    source: source && readModel.factsOf(service, source),
    sourceFreshness:
      source && readModel.argocdFreshness(service, source, rest.now),
    podsOfSource:
      status &&
      podImages &&
      (async signal =>
        within(PODS_LIMIT_MS, signal, limited => podImages(status, limited))),
  };
}
