import { NotFoundError } from '@backstage/errors';
import { GateContext } from '@gitops-infra/backstage-plugin-gitops-common';
import { ServiceState } from '../readmodel/Services';
import { within } from '../within';
import { PromotionContext } from './PromotionContext';
import { CheckedPlan } from './PromotionPlanner';

// A person waits for it, and a gate may take five seconds.
const PODS_LIMIT_MS = 3_000;

/**
 * What gates may know of a promotion that is asked for, or about to be merged, from the last known state.
 *
 * @throws NotFoundError where the service does not have the environment.
 */
export function gateContext(
  { readModel, podImages }: Pick<PromotionContext, 'readModel' | 'podImages'>,
  service: ServiceState,
  { plan, registry, rollback }: CheckedPlan,
  asked: Pick<GateContext, 'step' | 'entityRef' | 'person'>,
): GateContext {
  const { to, changes, findings } = plan;
  const now = new Date();
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
    ...asked,
    service: service.service,
    rollback,
    changes,
    findings,
    target: { ...readModel.factsOf(service, target), registry },
    source: source && readModel.factsOf(service, source),
    sourceFreshness: source && readModel.argocdFreshness(service, source, now),
    podsOfSource:
      status &&
      podImages &&
      (async signal =>
        within(PODS_LIMIT_MS, signal, limited => podImages(status, limited))),
    now,
  };
}
