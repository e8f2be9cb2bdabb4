import type { Promotion, RepositoryRef, SyncState } from '../api/types';
import type { ApplicationStatus } from '../argocd/ApplicationStatus';
import type { DeclaredEnvironment } from '../environments/topology';
import type { ImageFacts } from '../images';
import type { InfraSnapshot } from '../tree/InfraSnapshot';
import type { OverlayReading } from '../tree/overlay';
import type { OverlayBases } from '../tree/overlayBases';

/**
 * Everything that is known of one environment; what the rules judge. What is absent is not known, and a rule that needs
 * it says nothing.
 *
 * @public
 */
export interface EnvironmentFacts {
  /** The repository as the environment deploys it: `head` is the commit that is desired. */
  repository: RepositoryRef;
  declared: DeclaredEnvironment;
  /** The branch of the repository that HEAD means; absent where nobody asked. */
  defaultBranch?: string;
  overlay: OverlayReading;
  /** The tree that the overlay is in. */
  snapshot?: InfraSnapshot;
  /** What the overlay is built on. */
  bases?: OverlayBases;
  /** What Kustomize said when it was run on the overlay and did not build it. */
  buildError?: string;
  /** Absent while Argo CD has not been read, or does not know the Application. */
  status?: ApplicationStatus;
  /** The service's other environments. */
  others?: OtherEnvironment[];
  /** Commits that change what the environment is built from and that Argo CD has not compared yet. */
  behind?: CommitsBehind;
  /**
   * How many commits Argo CD has compared that the head does not have: it is ahead of what was read of Git, or of a history
   * that a force push took back.
   */
  commitsAhead?: number;
  /** The promotion into this environment that is under way. */
  promotion?: Pick<Promotion, 'state' | 'changes' | 'title' | 'pullRequest'>;
  /** Where the overlay, as it is rendered, wants to be reached. */
  hosts?: DesiredHosts;
  /** What registries say, by image reference as `imageReference` writes it. */
  registry?: ReadonlyMap<string, RegistryAnswer>;
}

/** What a rule may know of another environment of the service. @public */
export type OtherEnvironment = Pick<
  EnvironmentFacts,
  'declared' | 'overlay' | 'bases' | 'status' | 'hosts'
>;

/** @public */
export type CommitsBehind = Pick<
  SyncState,
  'commitsBehind' | 'commitsBehindIsAtLeast' | 'commits'
>;

/** The hosts of rendered manifests, or why they are not known. @public */
export type DesiredHosts =
  | {
      known: string[];
      /** Those of them that Argo CD does not report when they are live: it reports those of Ingresses. */
      notReported?: string[];
      /** Hosts that links in annotations lead to, which Argo CD reports like those of Ingresses. */
      links?: string[];
    }
  | { unknown: string };

/** Whether a registry has an image; `unknown` says why it could not be asked. @public */
export type RegistryAnswer =
  | {
      state: 'exists';
      /** What the tag or the digest stands for; absent where the registry does not say. */
      digest?: string;
      /** What the image says of itself; absent as long as it was not read. */
      facts?: ImageFacts;
    }
  | { state: 'missing' }
  | { state: 'unknown'; reason: string };

/** What the tree alone says: the same for everybody who has the commit, whatever runs. @public */
export function treeFacts(facts: EnvironmentFacts): EnvironmentFacts {
  return {
    ...facts,
    status: undefined,
    behind: undefined,
    commitsAhead: undefined,
    promotion: undefined,
    registry: undefined,
    others: facts.others?.map(other => ({ ...other, status: undefined })),
  };
}
