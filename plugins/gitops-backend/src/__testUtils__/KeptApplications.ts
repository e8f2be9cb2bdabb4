import { isDeepStrictEqual } from 'node:util';
import {
  applicationKey,
  ApplicationStatus,
  ResourceTrouble,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { ApplicationSink } from '../argocd/ApplicationSink';
import { ApplicationEvent } from '../argocd/ApplicationSource';

/** Keeps what a follower tells, and what was told in which order. */
export class KeptApplications implements ApplicationSink {
  readonly told: string[] = [];
  readonly failures: string[] = [];
  /** What a person saw change, an Application's name each time. */
  readonly changes: string[] = [];
  /** How many of the next things told cannot be kept. */
  failing = 0;
  readonly #applications = new Map<string, ApplicationStatus>();

  get names(): string[] {
    return [...this.#applications.values()].map(({ name }) => name);
  }

  get(name: string): ApplicationStatus | undefined {
    return [...this.#applications.values()].find(
      application => application.name === name,
    );
  }

  async replaceAll(list: ApplicationStatus[]): Promise<void> {
    this.#keep(`list of ${list.length}`);
    const keys = new Set(list.map(applicationKey));
    [...this.#applications.keys()]
      .filter(key => !keys.has(key))
      .forEach(key => this.#applications.delete(key));
    list.forEach(application => this.#put(application));
  }

  async apply({ type, application }: ApplicationEvent): Promise<void> {
    this.#keep(`${type} ${application.name}`);
    if (type === 'DELETED') {
      this.#applications.delete(applicationKey(application));
    } else {
      this.#put(application);
    }
  }

  async heard(): Promise<void> {
    this.#keep('heard');
  }

  async failed(error: unknown): Promise<void> {
    this.#keep('failed');
    this.failures.push(error instanceof Error ? error.message : String(error));
  }

  troublesOf(application: ApplicationStatus): ResourceTrouble[] {
    return this.#applications.get(applicationKey(application))?.troubles ?? [];
  }

  #keep(what: string): void {
    if (this.failing > 0) {
      this.failing--;
      throw new Error('the database is away');
    }
    this.told.push(what);
  }

  #put(application: ApplicationStatus): void {
    const key = applicationKey(application);
    const before = this.#applications.get(key);
    this.#applications.set(key, application);
    const looks = (status?: ApplicationStatus) => ({
      ...status,
      reconciledAt: undefined,
    });
    if (!isDeepStrictEqual(looks(before), looks(application))) {
      this.changes.push(application.name);
    }
  }
}
