import { RefreshMode } from '@gitops-infra/backstage-plugin-gitops-common';

/** Names an Application of an instance. */
export interface ApplicationName {
  namespace: string;
  name: string;
}

/**
 * What Argo CD may be asked to do with an Application. Each resolves when it was taken; what comes of it is seen by
 * following the Application. None can make Argo CD deploy anything else than what Git and the Application say. What
 * they throw says in its message what is wrong and what to do, and holds no secret.
 */
export interface ApplicationCommands {
  /** Has it compare the Application with Git now. */
  refresh(
    application: ApplicationName,
    mode: RefreshMode,
    signal: AbortSignal,
  ): Promise<void>;

  /** Whether it was asked to compare the Application with Git, and has not done so yet. */
  isRefreshing(
    application: ApplicationName,
    signal: AbortSignal,
  ): Promise<boolean>;

  /**
   * Has it sync the Application to what the Application's target revision says. What Git no longer has is deleted only
   * where the Application's own sync policy says so.
   *
   * @param requestedBy - entity ref of who asked for it
   * @throws ConflictError where it takes no sync now
   */
  sync(
    application: ApplicationName,
    requestedBy: string,
    signal: AbortSignal,
  ): Promise<void>;

  /** Lets go of connections. */
  close(): Promise<void>;
}
