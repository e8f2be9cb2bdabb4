import { NotFoundError } from '@backstage/errors';
import {
  ApplicationFacts,
  ApplicationStatus,
  DeclaredEnvironment,
  Freshness,
  repositoryIdentity,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { applicationUrl } from '../argocd/applicationUrl';
import { InstanceState } from '../argocd/InstanceState';
import { RepositoryState } from './RepositoryState';
import { ServiceState } from './Services';

/** Where environments are declared, and the one Argo CD instance to look in; all when absent. */
export type Deploying = Pick<ServiceState, 'source' | 'instance'>;

/** What the Argo CD instances last said of the Applications of environments. */
export class Applications {
  readonly #instances: InstanceState[];

  constructor(instances: InstanceState[]) {
    this.#instances = instances;
  }

  /** The Application of an environment: where several instances have one of the name, the one that deploys this overlay. */
  find(
    { source, instance: name }: Deploying,
    environment: DeclaredEnvironment,
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

  /** What is known of the Application of an environment. */
  factsOf(
    { source, instance }: Deploying,
    environment: DeclaredEnvironment,
  ): ApplicationFacts {
    const found = this.find({ source, instance }, environment);
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

  /** How old what an instance says is; that of the first where none is named. */
  freshness(name: string | undefined, now: Date): Freshness {
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

  /** @throws NotFoundError where an instance is named that is not configured. */
  assertInstance(name: string | undefined): void {
    if (
      name !== undefined &&
      !this.#instances.some(({ config }) => config.name === name)
    ) {
      throw new NotFoundError(
        `There is no Argo CD instance ${name} in gitops.argocd; correct the annotation argocd/instance-name of the entity`,
      );
    }
  }
}

/** Whether an Application deploys the overlay of an environment, as Git declares it. */
export function deploys(
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
