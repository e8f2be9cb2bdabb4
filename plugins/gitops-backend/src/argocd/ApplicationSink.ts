import {
  ApplicationStatus,
  ResourceTrouble,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { ApplicationEvent } from './ApplicationSource';

/** What a follower tells, one after the other; each resolves when it is kept. */
export interface ApplicationSink {
  /** A whole list: what is not on it is gone. */
  replaceAll(list: ApplicationStatus[]): Promise<void>;
  /** One change; it may be none that a person sees. */
  apply(event: ApplicationEvent): Promise<void>;
  /** Something was heard that changed nothing. */
  heard(): Promise<void>;
  /** The Applications cannot be followed at the moment. */
  failed(error: unknown): Promise<void>;
  /** What was kept of an Application's troubles, by this process or another; none where its health is another one now. */
  troublesOf(application: ApplicationStatus): ResourceTrouble[];
}
