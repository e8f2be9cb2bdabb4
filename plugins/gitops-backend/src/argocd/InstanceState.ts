import {
  applicationKey,
  ApplicationStatus,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { ArgocdInstanceConfig } from '../config';
import { Side } from '../readmodel/Side';
import { ApplicationEvent } from './ApplicationSource';
import { looksAlike } from './TroubleReader';

/** The last known Applications of one Argo CD instance. */
export class InstanceState {
  readonly config: ArgocdInstanceConfig;
  readonly side: Side;
  readonly #applications = new Map<string, ApplicationStatus>();

  constructor(config: ArgocdInstanceConfig, side: Side) {
    this.config = config;
    this.side = side;
  }

  get applications(): Iterable<ApplicationStatus> {
    return this.#applications.values();
  }

  /**
   * Finds an Application by its name, and by its namespace where the declaration has one. Applications of one name in
   * several namespaces are told apart by the folder that they deploy.
   */
  find(application: {
    name: string;
    namespace?: string;
    overlayPath: string;
  }): ApplicationStatus | undefined {
    const named = [...this.#applications.values()].filter(
      ({ name, namespace }) =>
        name === application.name &&
        (!application.namespace || namespace === application.namespace),
    );
    return named.length > 1
      ? named.find(({ path }) => path === application.overlayPath)
      : named[0];
  }

  /** Takes over a whole list; what is not on it is gone. Returns the Applications that a person would see change. */
  replaceAll(list: ApplicationStatus[]): ApplicationStatus[] {
    const listed = new Set(list.map(applicationKey));
    const gone = [...this.#applications.values()].filter(
      application => !listed.has(applicationKey(application)),
    );
    gone.forEach(application =>
      this.#applications.delete(applicationKey(application)),
    );
    return [...gone, ...list.filter(application => this.#put(application))];
  }

  /** Takes over one event. Returns whether a person would see a change. */
  apply({ type, application }: ApplicationEvent): boolean {
    return type === 'DELETED'
      ? this.#applications.delete(applicationKey(application))
      : this.#put(application);
  }

  #put(application: ApplicationStatus): boolean {
    const key = applicationKey(application);
    const before = this.#applications.get(key);
    this.#applications.set(key, application);
    return !before || !looksAlike(before, application);
  }
}
