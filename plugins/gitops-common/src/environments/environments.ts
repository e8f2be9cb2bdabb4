import type {
  Environment,
  EnvironmentImage,
  Freshness,
  Promotion,
  PromotionStep,
  RepositoryRef,
} from '../api/types';
import type { ApplicationStatus } from '../argocd/ApplicationStatus';
import type { EnvironmentFacts } from '../findings/EnvironmentFacts';
import { findingsOf } from '../findings/findings';
import { overlayLocation } from '../findings/rules/location';
import { parseImageReference } from '../images';
import { pinMoves } from '../promotion/pins';
import { repositoryLinks } from '../repository';
import type { InfraSnapshot } from '../tree/InfraSnapshot';
import { readOverlay } from '../tree/overlay';
import type { DeclaredEnvironment } from './topology';

/** What Argo CD's side says of an environment's Application. @public */
export interface ApplicationFacts {
  status?: ApplicationStatus;
  freshness: Freshness;
  /** The Application's page in Argo CD's own UI. */
  url?: string;
  /** Commits on the deployed branch after the synced revision. */
  commitsBehind?: number;
}

/** Everything that a service's environments are made from. @public */
export interface ServiceFacts {
  repository: RepositoryRef;
  snapshot: InfraSnapshot;
  git: Freshness;
  environments: DeclaredEnvironment[];
  applicationOf(environment: DeclaredEnvironment): ApplicationFacts;
  /** Promotions of the service that are under way. */
  promotions: Promotion[];
}

/** The environments of a service as they are shown, in promotion order. @public */
export function describeEnvironments(service: ServiceFacts): Environment[] {
  const facts = new Map<string, EnvironmentFacts>(
    service.environments.map(declared => [
      declared.environment,
      {
        repository: service.repository,
        declared,
        overlay: readOverlay(service.snapshot, declared.overlayPath),
        status: service.applicationOf(declared).status,
      },
    ]),
  );
  return service.environments.map(declared => {
    const own = facts.get(declared.environment)!;
    const source =
      declared.sourceEnvironment === undefined
        ? undefined
        : facts.get(declared.sourceEnvironment);
    return describeEnvironment(service, own, source);
  });
}

function describeEnvironment(
  service: ServiceFacts,
  facts: EnvironmentFacts,
  source: EnvironmentFacts | undefined,
): Environment {
  const { repository } = service;
  const { declared, overlay, status } = facts;
  const application = service.applicationOf(declared);
  const live = (status?.images ?? []).map(parseImageReference);
  return {
    name: declared.environment,
    order: declared.order,
    promotesFrom: declared.sourceEnvironment,
    application: {
      instance: status?.instance,
      namespace: status?.namespace ?? declared.namespace ?? 'argocd',
      name: declared.name,
      url: application.url,
    },
    overlay: {
      path: declared.overlayPath,
      commit: repository.head,
      url: repositoryLinks.folder(
        repository.url,
        repository.head,
        declared.overlayPath,
      ),
    },
    namespace: declared.destinationNamespace,
    hosts: (status?.externalURLs ?? []).flatMap(toHost),
    images: overlay.pins.map(
      (pin): EnvironmentImage => ({
        name: pin.name,
        image: pin.image,
        desired: pin.version,
        location: overlayLocation(facts, pin.position),
        live: live
          .filter(({ image }) => image === pin.image)
          .map(({ version }) => version),
      }),
    ),
    unpinned: live.filter(
      ({ image }) => !overlay.pins.some(pin => pin.image === image),
    ),
    sync: {
      status: status?.sync.status ?? 'Unknown',
      revision: status?.sync.revision,
      commitsBehind: application.commitsBehind,
    },
    health: status?.health ?? { status: 'Unknown' },
    operation: status?.operation && {
      phase: status.operation.phase,
      message: status.operation.message,
      startedAt: status.operation.startedAt,
      finishedAt: status.operation.finishedAt,
    },
    findings: findingsOf(facts),
    step: source && describeStep(source, facts),
    promotion: service.promotions.find(
      promotion => promotion.to === declared.environment,
    ),
    freshness: { git: service.git, argocd: application.freshness },
  };
}

function describeStep(
  source: EnvironmentFacts,
  target: EnvironmentFacts,
): PromotionStep {
  const { changes } = pinMoves(source.overlay.pins, target.overlay.pins);
  const treeFindings = [source, target].flatMap(facts =>
    findingsOf({ ...facts, status: undefined }),
  );
  return {
    from: source.declared.environment,
    to: target.declared.environment,
    changes: changes.map(change => ({
      ...change,
      location: overlayLocation(
        target,
        target.overlay.pins.find(pin => pin.name === change.name)?.position,
      ),
    })),
    blockedBy: treeFindings.filter(finding => finding.severity === 'error'),
  };
}

function toHost(externalUrl: string): { host: string; url: string }[] {
  // An annotation in the cluster can put any text here.
  const url = URL.canParse(externalUrl) ? new URL(externalUrl) : undefined;
  return url && /^https?:$/.test(url.protocol)
    ? [{ host: url.host, url: url.href }]
    : [];
}
