import {
  applicationKey,
  ApplicationStatus,
  ResourceTrouble,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { ArgocdInstanceConfig } from '../config';
import { UpstreamEntry, UpstreamStore } from '../database/UpstreamStore';
import { Mirror, TakenEntries } from '../readmodel/Mirror';
import { Side } from '../readmodel/Side';
import { ApplicationSink } from './ApplicationSink';
import { ApplicationEvent } from './ApplicationSource';
import { looksAlike } from './looksAlike';

// Events that wait to be written. When one commit moves every Application, thousands come at once.
const MAX_PENDING = 2_000;

/** What changed, for those who show it. */
export interface InstanceChange {
  /** Applications that a person would see change; those that are gone as they were. */
  applications: ApplicationStatus[];
  /** Whether this process wrote the change; of several processes one does. */
  own: boolean;
}

/** The last known Applications of one Argo CD instance. */
export class InstanceState implements ApplicationSink {
  readonly config: ArgocdInstanceConfig;
  readonly mirror: Mirror;
  readonly #listeners: ((change: InstanceChange) => void)[] = [];
  readonly #byName = new Map<string, Map<string, ApplicationStatus>>();
  #count = 0;
  #pending = new Map<string, ApplicationStatus | undefined>();
  #writing?: Promise<void>;
  #writeError?: Error;

  constructor(options: {
    config: ArgocdInstanceConfig;
    side: Side;
    store: UpstreamStore;
  }) {
    this.config = options.config;
    this.mirror = new Mirror({
      upstream: `argocd:${options.config.name}`,
      side: options.side,
      store: options.store,
      take: taken => this.#take(taken),
      turned: () => this.#tell({ applications: this.applications, own: true }),
    });
  }

  get side(): Side {
    return this.mirror.side;
  }

  /** How many Applications there are. */
  get count(): number {
    return this.#count;
  }

  get applications(): ApplicationStatus[] {
    return [...this.#byName.values()].flatMap(named => [...named.values()]);
  }

  /** Has a listener told of every change, whichever process made it. */
  onChange(listener: (change: InstanceChange) => void): void {
    this.#listeners.push(listener);
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
    const named = [
      ...(this.#byName.get(application.name)?.values() ?? []),
    ].filter(
      ({ namespace }) =>
        !application.namespace || namespace === application.namespace,
    );
    return named.length > 1
      ? named.find(({ path }) => path === application.overlayPath)
      : named[0];
  }

  /** Takes over a whole list; what is not on it is gone. */
  async replaceAll(list: ApplicationStatus[]): Promise<void> {
    await this.#written();
    await this.mirror.write(() => {
      const listed = new Set(list.map(applicationKey));
      const gone = this.applications
        .map(applicationKey)
        .filter(key => !listed.has(key));
      return [
        ...gone.map(key => ({ key, value: undefined })),
        ...this.#changed([
          // By key: one that is listed twice is one.
          ...new Map(list.map(status => [applicationKey(status), status])),
        ]),
      ];
    });
    await this.mirror.succeeded();
  }

  /**
   * Takes over one event. It is written soon; events that come meanwhile are written together. Rejects when earlier
   * ones could not be: then a new list has to be read.
   */
  async apply({ type, application }: ApplicationEvent): Promise<void> {
    if (this.#pending.size >= MAX_PENDING) {
      await this.#writing;
    }
    this.#rejectIfNotWritten();
    this.#pending.set(
      applicationKey(application),
      type === 'DELETED' ? undefined : application,
    );
    this.#writing ??= this.#writePending();
  }

  async heard(): Promise<void> {
    this.#rejectIfNotWritten();
    await this.mirror.succeeded();
  }

  async failed(error: unknown): Promise<void> {
    await this.mirror.failed(error);
  }

  troublesOf(application: ApplicationStatus): ResourceTrouble[] {
    const known = this.#get(applicationKey(application));
    return known?.health.status === application.health.status
      ? known.troubles
      : [];
  }

  async #written(): Promise<void> {
    await this.#writing;
    this.#writeError = undefined;
  }

  #rejectIfNotWritten(): void {
    const error = this.#writeError;
    this.#writeError = undefined;
    if (error) {
      throw error;
    }
  }

  // Never rejects. Between the last look for events and its end nothing can come in.
  async #writePending(): Promise<void> {
    while (this.#pending.size > 0) {
      const batch = this.#pending;
      this.#pending = new Map();
      try {
        await this.mirror.write(() => this.#changed([...batch]));
        await this.mirror.succeeded();
      } catch (error) {
        this.#pending = new Map();
        this.#writeError =
          error instanceof Error ? error : new Error(String(error));
      }
    }
    this.#writing = undefined;
  }

  #changed(
    statuses: [key: string, status: ApplicationStatus | undefined][],
  ): UpstreamEntry[] {
    return statuses
      .filter(([key, status]) => !looksAlike(this.#get(key), status))
      .map(([key, value]) => ({ key, value }));
  }

  #get(key: string): ApplicationStatus | undefined {
    return this.#byName.get(nameOf(key))?.get(key);
  }

  #take({ entries, own, whole }: TakenEntries): void {
    const forgotten = whole ? this.applications : [];
    if (whole) {
      this.#byName.clear();
      this.#count = 0;
    }
    const changed = entries.flatMap(({ key, value }) => {
      const status = value as ApplicationStatus | undefined;
      const before = this.#get(key);
      this.#set(key, status);
      return status ?? before ?? [];
    });
    this.#tell({ applications: [...forgotten, ...changed], own });
  }

  #tell(change: InstanceChange): void {
    this.#listeners.forEach(listener => listener(change));
  }

  #set(key: string, status: ApplicationStatus | undefined): void {
    const name = nameOf(key);
    const named = this.#byName.get(name) ?? new Map();
    this.#count -= named.size;
    if (status) {
      named.set(key, status);
    } else {
      named.delete(key);
    }
    this.#count += named.size;
    if (named.size > 0) {
      this.#byName.set(name, named);
    } else {
      this.#byName.delete(name);
    }
  }
}

// The reverse of `applicationKey`; neither a namespace nor a name has a slash.
function nameOf(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}
