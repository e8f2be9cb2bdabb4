import {
  applicationKey,
  ApplicationStatus,
  LabelSelector,
  parseApplication,
  parseLabelSelector,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { ApplicationEvent } from './ApplicationSource';

/** Which of its Applications an instance is asked for; whatever is left out does not narrow. */
export interface ApplicationFilterConfig {
  projects: string[];
  /** A label selector. */
  selector?: string;
  namespaces: string[];
}

/** Makes an event of what a server sends; undefined where it changes nothing. */
export type EventReading = (
  type: unknown,
  value: unknown,
) => ApplicationEvent | undefined;

/**
 * Reads Applications and lets those through that the configuration asks for. The server is asked for the same, but a
 * proxy may drop a query, and older versions ignore parts of it.
 */
export class ApplicationFilter {
  readonly #instance: string;
  readonly #projects: ReadonlySet<string>;
  readonly #namespaces: ReadonlySet<string>;
  readonly #selects?: LabelSelector;

  constructor(instance: string, config: ApplicationFilterConfig) {
    this.#instance = instance;
    this.#projects = new Set(config.projects);
    this.#namespaces = new Set(config.namespaces);
    this.#selects =
      config.selector === undefined
        ? undefined
        : parseLabelSelector(config.selector) ?? (() => false);
  }

  /** An Application, where it is one that is asked for. */
  read(value: unknown): ApplicationStatus | undefined {
    const application = parseApplication(this.#instance, value);
    return application && this.#admits(application, value)
      ? application
      : undefined;
  }

  /**
   * Reads events that follow a list. An Application that changes so that it is asked for no more is gone; one that never
   * was asked for is nothing.
   */
  eventsAfter(list: ApplicationStatus[]): EventReading {
    const known = new Set(list.map(applicationKey));
    return (type, value) => {
      const application = parseApplication(this.#instance, value);
      if (!application || !isEventType(type)) {
        return undefined;
      }
      const key = applicationKey(application);
      if (type !== 'DELETED' && this.#admits(application, value)) {
        known.add(key);
        return { type, application };
      }
      return known.delete(key) ? { type: 'DELETED', application } : undefined;
    };
  }

  #admits(application: ApplicationStatus, value: unknown): boolean {
    const { project = 'default', namespace } = application;
    return (
      (this.#projects.size === 0 || this.#projects.has(project)) &&
      (this.#namespaces.size === 0 || this.#namespaces.has(namespace)) &&
      (!this.#selects || this.#selects(labelsOf(value)))
    );
  }
}

function isEventType(type: unknown): type is ApplicationEvent['type'] {
  return type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED';
}

// Called for what was read as an Application, so it has metadata.
function labelsOf(value: unknown): Record<string, string> {
  const { metadata } = value as {
    metadata: { labels?: Record<string, string> | null };
  };
  return metadata.labels ?? {};
}
