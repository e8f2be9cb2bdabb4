import { NotFoundError } from '@backstage/errors';
import { GateContext } from '@gitops-infra/backstage-plugin-gitops-common';
import { ReadModel, ServiceState } from '../readmodel/ReadModel';

/**
 * What gates may know of a promotion to an environment, from the last known state.
 *
 * @throws NotFoundError where the service does not have the environment
 */
export function gateContext(
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
