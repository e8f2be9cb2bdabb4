import {
  ApplicationStatus,
  PodImages,
  ResourceTrouble,
} from '@gitops-infra/backstage-plugin-gitops-common';

/** A change of an Application. */
export interface ApplicationEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  application: ApplicationStatus;
}

export interface ApplicationList {
  applications: ApplicationStatus[];
  /** What changes can be watched from, where the source needs it. */
  resourceVersion?: string;
}

/**
 * Where the Applications of one instance are read. What it throws says in its message what is wrong and what to do, and
 * holds no secret.
 */
export interface ApplicationSource {
  /** Of the instance. */
  readonly name: string;

  /** Every Application that may be seen and that the configuration asks for. */
  list(signal: AbortSignal): Promise<ApplicationList>;

  /**
   * Changes after the list until the server ends it or the signal aborts. `undefined` is something heard that changes
   * nothing, such as a bookmark.
   */
  watch(
    list: ApplicationList,
    signal: AbortSignal,
  ): AsyncGenerator<ApplicationEvent | undefined>;

  /** What keeps an Application from being Healthy. */
  troubles(
    application: ApplicationStatus,
    signal: AbortSignal,
  ): Promise<ResourceTrouble[]>;

  /**
   * What an Application's pods run.
   *
   * @throws ServiceUnavailableError where that cannot be told.
   */
  podImages(
    application: ApplicationStatus,
    signal: AbortSignal,
  ): Promise<PodImages>;

  /** Lets go of connections; the source is not used after it. */
  close(): Promise<void>;
}
