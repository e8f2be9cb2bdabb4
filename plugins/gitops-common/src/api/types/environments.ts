import { Finding } from '../../findings/Finding';
import {
  EnvironmentApplication,
  HealthState,
  OperationState,
  SyncState,
} from './applications';
import { Freshness } from './freshness';
import { EnvironmentImage, UnpinnedImage } from './images';
import { PinChange } from './pins';
import { Promotion } from './promotions';
import { RepositoryRef } from './repository';

/** The folder that an environment deploys. @public */
export interface EnvironmentOverlay {
  path: string;
  /** The commit that the overlay was read at: the head of the deployed branch, or of `revision`. */
  commit: string;
  url: string;
  /** The branch, tag or commit that the Application deploys, where it is not the deployed branch. */
  revision?: string;
}

/** A host that the environment is reached at. @public */
export interface EnvironmentHost {
  host: string;
  url: string;
}

/** What stands between an environment and the one it is promoted from. @public */
export interface PromotionStep {
  from: string;
  to: string;
  changes: PinChange[];
  /** Why nothing can be promoted, when something should be: the overlay is broken, the source is not readable. */
  blockedBy: Finding[];
}

/** One environment of a service. @public */
export interface Environment {
  /** The last segment of the overlay's path: `local`, `stage`. */
  name: string;
  /** Position in the promotion order, from 0. */
  order: number;
  /** Name of the environment that versions are promoted from. */
  promotesFrom?: string;
  application: EnvironmentApplication;
  overlay: EnvironmentOverlay;
  /** Namespace that the Application deploys to. */
  namespace?: string;
  /** Cluster that the Application deploys to, where it has it by its name in Argo CD and not by an address. */
  cluster?: string;
  /** Hosts of the live resources. */
  hosts: EnvironmentHost[];
  images: EnvironmentImage[];
  /** What runs besides; empty when Argo CD's side is unknown. */
  unpinned: UnpinnedImage[];
  sync: SyncState;
  health: HealthState;
  operation?: OperationState;
  findings: Finding[];
  /** What could be promoted into this environment; absent where nothing is promoted from, or that was not read. */
  step?: PromotionStep;
  /** The promotion into this environment that is under way: requested, open, or merged and not yet deployed. */
  promotion?: Promotion;
  freshness: { git: Freshness; argocd: Freshness };
}

/** What the signed-in user may do with the service's entity. @public */
export interface GitopsRights {
  promote: boolean;
  merge: boolean;
  /** Have Argo CD refresh and sync. */
  sync: boolean;
}

/** Answer of `GET /entities/{kind}/{namespace}/{name}/environments`. @public */
export interface EnvironmentsResponse {
  service: string;
  repository: RepositoryRef;
  environments: Environment[];
  rights: GitopsRights;
  /** Whether pull requests are opened, merged and closed with the person's own GitHub token. */
  asUser?: boolean;
}
