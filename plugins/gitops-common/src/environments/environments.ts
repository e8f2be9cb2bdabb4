import type {
  Environment,
  EnvironmentImage,
  Promotion,
  PromotionStep,
  RepositoryRef,
} from '../api/types';
import type { ApplicationStatus } from '../argocd/ApplicationStatus';
import {
  CommitsBehind,
  DesiredHosts,
  EnvironmentFacts,
  treeFacts,
} from '../findings/EnvironmentFacts';
import type { FindingRule } from '../findings/FindingRule';
import { findingsOf } from '../findings/findings';
import { FINDING_RULES } from '../findings/rules';
import { overlayLocation } from '../findings/evidence/location';
import { otherRevision } from '../promotion/findings/otherRevision';
import { promotedTagMissing } from '../promotion/findings/promotedTagMissing';
import { commitsTouching } from '../history/commitsTouching';
import type { RevisionDistance } from '../history/RevisionDistance';
import { imageReference, parseImageReference } from '../images';
import { pinMoves } from '../promotion/pins';
import { repositoryLinks } from '../repository';
import { pinsBeside, versionsOfPin } from '../sharedImages';
import type { InfraSnapshot } from '../tree/InfraSnapshot';
import type { OverlayReading } from '../tree/overlay';
import { OverlayBases, readBases } from '../tree/overlayBases';
import { overlayInputs } from '../tree/overlayInputs';
import { imageOrigin } from './imageOrigin';
import type { DeclaredEnvironment } from './topology';

// As many commits as a person reads on a card.
const COMMITS_SHOWN = 20;

/** What Argo CD's side says of an environment's Application. @public */
export interface ApplicationFacts {
  status?: ApplicationStatus;
  /** The Application's page in Argo CD's own UI. */
  url?: string;
  /** The instance is only looked at. */
  readOnly?: boolean;
  /** How far the commit that was applied is behind what the environment deploys; absent when it could not be told. */
  distance?: RevisionDistance;
  /** The same for the commit that was compared. */
  comparedDistance?: RevisionDistance;
}

/** Everything that one environment is made from. @public */
export interface EnvironmentParts {
  declared: DeclaredEnvironment;
  /** The repository as the environment deploys it: `branch` is its target revision, `head` the commit there. */
  repository: RepositoryRef;
  /** The tree at that commit; absent when it could not be read. */
  snapshot?: InfraSnapshot;
  overlay: OverlayReading;
  /** The branch of the repository that HEAD means. */
  defaultBranch?: string;
  application: ApplicationFacts;
  /** The promotion into the environment that is under way. */
  promotion?: Promotion;
  /** The hosts of the overlay as it is rendered. */
  hosts?: DesiredHosts;
  /** What registries say of the images that the environment pins, or that are going to be promoted to it. */
  registry?: EnvironmentFacts['registry'];
}

/** Everything that a service's environments are made from. @public */
export interface ServiceFacts {
  /** The repository at the head of the deployed branch, which promotions change. */
  repository: RepositoryRef;
  /** In promotion order. */
  environments: EnvironmentParts[];
  /** The rules that findings are made by; those of this package when absent. */
  rules?: readonly FindingRule[];
}

/**
 * An environment as the upstreams have it: without what is known only when it is asked for, which makes it worth keeping.
 *
 * @public
 */
export type EnvironmentView = Omit<Environment, 'promotion' | 'freshness'>;

/** The environments of a service as the upstreams have them, in promotion order. @public */
export function describeViews({
  repository,
  environments,
  rules = FINDING_RULES,
}: ServiceFacts): EnvironmentView[] {
  const described = environments.map(parts => ({
    parts,
    facts: environmentFacts(parts, environments),
  }));
  return described.map(({ parts, facts }) => {
    const source = described.find(
      ({ parts: { declared } }) =>
        declared.environment === parts.declared.sourceEnvironment,
    );
    return {
      ...describeView(parts, facts, repository),
      findings: findingsOf(facts, rules),
      // Of a source that was not read nothing can be promoted, and the target is not up to date for that.
      step:
        source && source.facts.overlay.unread === undefined
          ? describeStep(source.facts, facts, repository, rules)
          : undefined,
    };
  });
}

/** An environment as it is shown: its view, what is under way, and how fresh both sides are. @public */
export function environmentOf(
  view: EnvironmentView,
  promotions: readonly Promotion[],
  freshness: Environment['freshness'],
): Environment {
  return {
    ...view,
    promotion: promotions.find(({ to }) => to === view.name),
    freshness,
  };
}

function describeView(
  parts: EnvironmentParts,
  facts: EnvironmentFacts,
  deployed: RepositoryRef,
): Omit<EnvironmentView, 'findings' | 'step'> {
  const { declared, repository, overlay, application } = parts;
  const { status } = application;
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
      readOnly: application.readOnly || undefined,
    },
    overlay: {
      path: declared.overlayPath,
      commit: repository.head,
      url: repositoryLinks.folder(
        repository.url,
        repository.head,
        declared.overlayPath,
      ),
      revision:
        repository.branch === deployed.branch ? undefined : repository.branch,
    },
    namespace: declared.destinationNamespace,
    cluster: clusterName(declared),
    hosts: (status?.externalURLs ?? []).flatMap(toHost),
    images: overlay.pins.map(
      (pin): EnvironmentImage => ({
        name: pin.name,
        image: pin.image,
        desired: pin.version,
        location: overlayLocation(facts, pin.position),
        live: versionsOfPin(
          pin,
          live
            .filter(({ image }) => image === pin.image)
            .map(({ version }) => version),
          pinsBeside(pin, overlay.pins),
        ),
        origin: imageOrigin(parts.registry?.get(imageReference(pin))),
      }),
    ),
    unpinned: live.filter(
      ({ image }) => !overlay.pins.some(pin => pin.image === image),
    ),
    sync: {
      status: status?.sync.status ?? 'Unknown',
      revision: status?.sync.revision,
      appliedRevision: status?.sync.appliedRevision,
      ...commitsBehind(parts, application.distance),
    },
    health: status?.health ?? { status: 'Unknown' },
    operation: status?.operation && {
      phase: status.operation.phase,
      message: status.operation.message,
      startedAt: status.operation.startedAt,
      finishedAt: status.operation.finishedAt,
    },
  };
}

// Of the commits that are not synced yet those that change what the environment is built from.
function commitsBehind(
  { snapshot, declared }: EnvironmentParts,
  distance: RevisionDistance | undefined,
): CommitsBehind {
  if (!snapshot || !distance) {
    return {};
  }
  const commits = commitsTouching(
    distance.commits,
    overlayInputs(snapshot, declared.overlayPath),
  );
  return {
    commitsBehind: commits.length,
    commitsBehindIsAtLeast: distance.truncated || undefined,
    commits: commits
      .slice(0, COMMITS_SHOWN)
      .map(({ sha, title, author, authoredAt, url }) => ({
        sha,
        title,
        author,
        authoredAt,
        url,
      })),
  };
}

/**
 * What the rules and plans judge of an environment.
 *
 * @param all - the parts of every environment of the service
 * @public
 */
export function environmentFacts(
  parts: EnvironmentParts,
  all: EnvironmentParts[],
): EnvironmentFacts {
  const { repository, declared, overlay, application } = parts;
  return {
    repository,
    declared,
    defaultBranch: parts.defaultBranch,
    overlay,
    snapshot: parts.snapshot,
    bases: basesOf(parts),
    status: application.status,
    behind: commitsBehind(parts, application.comparedDistance),
    commitsAhead: application.comparedDistance?.behindBy,
    promotion: parts.promotion,
    hosts: parts.hosts,
    registry: parts.registry,
    others: all
      .filter(other => other !== parts)
      .map(other => ({
        declared: other.declared,
        overlay: other.overlay,
        bases: basesOf(other),
        status: other.application.status,
        hosts: other.hosts,
      })),
  };
}

// A snapshot never changes, and every environment of a service is judged beside the others.
const bases = new WeakMap<InfraSnapshot, Map<string, OverlayBases>>();

function basesOf({
  snapshot,
  declared: { overlayPath },
}: EnvironmentParts): OverlayBases | undefined {
  if (!snapshot) {
    return undefined;
  }
  const ofSnapshot = bases.get(snapshot) ?? new Map<string, OverlayBases>();
  bases.set(snapshot, ofSnapshot);
  const read = ofSnapshot.get(overlayPath) ?? readBases(snapshot, overlayPath);
  ofSnapshot.set(overlayPath, read);
  return read;
}

function describeStep(
  from: EnvironmentFacts,
  to: EnvironmentFacts,
  deployed: RepositoryRef,
  rules: readonly FindingRule[],
): PromotionStep {
  const { changes } = pinMoves(from.overlay.pins, to.overlay.pins);
  const located = changes.map(change => ({
    ...change,
    location: overlayLocation(
      to,
      to.overlay.pins.find(pin => pin.name === change.name)?.position,
    ),
  }));
  const findings = [
    ...[from, to].flatMap(facts => findingsOf(treeFacts(facts), rules)),
    ...otherRevision(to, deployed),
    ...promotedTagMissing(located, to.registry),
  ];
  return {
    from: from.declared.environment,
    to: to.declared.environment,
    changes: located,
    blockedBy: findings.filter(finding => finding.severity === 'error'),
  };
}

function toHost(externalUrl: string): { host: string; url: string }[] {
  // An annotation in the cluster can put any text here.
  const url = URL.canParse(externalUrl) ? new URL(externalUrl) : undefined;
  return url && /^https?:$/.test(url.protocol)
    ? [{ host: url.host, url: url.href }]
    : [];
}

function clusterName({
  destinationCluster,
}: DeclaredEnvironment): string | undefined {
  return destinationCluster?.includes('://') ? undefined : destinationCluster;
}
