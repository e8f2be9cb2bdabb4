import type { RepositoryRef } from '../api/types';
import type { ApplicationStatus } from '../argocd/ApplicationStatus';
import type { DeclaredEnvironment } from '../environments/topology';
import type { OverlayReading } from '../tree/overlay';

/** Everything that is known of one environment; what the rules judge. @public */
export interface EnvironmentFacts {
  repository: RepositoryRef;
  declared: DeclaredEnvironment;
  overlay: OverlayReading;
  /** Absent while Argo CD has not been read, or does not know the Application. */
  status?: ApplicationStatus;
}
