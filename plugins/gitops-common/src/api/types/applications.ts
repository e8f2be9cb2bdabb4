import { CommitRef } from './repository';

/** Argo CD's comparison of the live state with the desired one. @public */
export interface SyncState {
  status: 'Synced' | 'OutOfSync' | 'Unknown';
  /** The commit that Argo CD last compared; absent when it names none, as after a comparison error. */
  revision?: string;
  /** The commit that Argo CD last applied: another one while what it compared is not synced. */
  appliedRevision?: string;
  /**
   * Commits after `appliedRevision`, up to what the environment deploys, that change the overlay or what it is built from;
   * absent when it could not be told.
   */
  commitsBehind?: number;
  /** True when there may be more than `commitsBehind`: only so many commits are looked at. */
  commitsBehindIsAtLeast?: boolean;
  /** The newest of these commits, newest first. */
  commits?: CommitRef[];
}

/** Argo CD's judgement of the live resources. @public */
export interface HealthState {
  status:
    | 'Healthy'
    | 'Progressing'
    | 'Degraded'
    | 'Suspended'
    | 'Missing'
    | 'Unknown';
  message?: string;
}

/** The last sync operation of an Application. @public */
export interface OperationState {
  phase: 'Running' | 'Terminating' | 'Succeeded' | 'Failed' | 'Error';
  message?: string;
  startedAt?: string;
  finishedAt?: string;
}

/** The Argo CD Application behind an environment. @public */
export interface EnvironmentApplication {
  /** Name of the Argo CD instance in the configuration; absent when no instance reports the Application. */
  instance?: string;
  namespace: string;
  name: string;
  /** The Application's page in Argo CD's own UI. */
  url?: string;
  /** True where the configuration has the instance looked at only: nothing is asked of it. */
  readOnly?: boolean;
}

/**
 * How Argo CD refreshes an Application: `normal` compares it with Git again, `hard` also renders what Git has again
 * where that was cached.
 * @public
 */
export type RefreshMode = 'normal' | 'hard';

/** Query of `POST …/environments/{environment}/refresh`. @public */
export interface RefreshRequest {
  /** `normal` when absent. */
  mode?: RefreshMode;
}

/**
 * Answer of `POST …/environments/{environment}/refresh` and `…/sync`: Argo CD took it. What comes of it shows in the
 * environment, as everything that happens there.
 * @public
 */
export interface ApplicationRequestResponse {
  environment: string;
  application: EnvironmentApplication;
  acceptedAt: string;
}

/** Answer of `GET …/environments/{environment}/refresh`. @public */
export interface RefreshResponse {
  /** Argo CD was asked to compare the Application with Git, and has not done so yet. */
  refreshing: boolean;
}
