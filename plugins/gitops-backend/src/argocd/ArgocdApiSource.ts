import { ServiceUnavailableError } from '@backstage/errors';
import {
  ApplicationStatus,
  parseResourceTroubles,
  PodImages,
  podImagesOfTree,
  ResourceTrouble,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { ArgocdApiConfig } from '../config';
import { ApplicationFilter, EventReading } from './ApplicationFilter';
import {
  ApplicationEvent,
  ApplicationList,
  ApplicationSource,
} from './ApplicationSource';
import { argocdApiUpstream } from './argocdApiUpstream';
import { JsonUpstream, messageOf } from './JsonUpstream';

// What parseApplication reads. An Application has many times as much, most of it history and managed fields.
const STREAM_FIELDS = [
  'result.type',
  'result.application.metadata.name',
  'result.application.metadata.namespace',
  'result.application.metadata.labels',
  'result.application.spec.project',
  'result.application.spec.source',
  'result.application.spec.sources',
  'result.application.spec.syncPolicy',
  'result.application.status.sync.status',
  'result.application.status.sync.revision',
  'result.application.status.sync.revisions',
  'result.application.status.history',
  'result.application.status.health',
  'result.application.status.operationState.phase',
  'result.application.status.operationState.message',
  'result.application.status.operationState.startedAt',
  'result.application.status.operationState.finishedAt',
  'result.application.status.operationState.syncResult.revision',
  'result.application.status.operationState.syncResult.revisions',
  'result.application.status.summary',
  'result.application.status.conditions',
  'result.application.status.reconciledAt',
];

/**
 * One Argo CD instance over its HTTP API. The account needs to get Applications and nothing else.
 *
 * The stream is asked for the fields that are read; the list is not, as it silently leaves out most fields that it is
 * asked for by name, `status.conditions` and `status.sync.revision` among them. The stream is not asked to begin at the
 * list's resource version: some versions are silent then, and without it begin with every Application there is.
 */
export class ArgocdApiSource implements ApplicationSource {
  readonly name: string;
  readonly #query: URLSearchParams;
  readonly #filter: ApplicationFilter;
  readonly #upstream: JsonUpstream;

  constructor(config: ArgocdApiConfig) {
    const { name, projects, selector, appNamespace } = config;
    this.name = name;
    this.#query = queryOf(config);
    this.#filter = new ApplicationFilter(name, {
      projects,
      selector,
      namespaces: appNamespace === undefined ? [] : [appNamespace],
    });
    this.#upstream = argocdApiUpstream(config);
  }

  /** A list without rights is empty, not an error. */
  async list(signal: AbortSignal): Promise<ApplicationList> {
    const applications: ApplicationStatus[] = [];
    await this.#upstream.list(
      withQuery('/api/v1/applications', this.#query),
      signal,
      item => {
        const application = this.#filter.read(item);
        if (application) {
          applications.push(application);
        }
      },
    );
    return { applications };
  }

  watch(
    { applications }: ApplicationList,
    signal: AbortSignal,
  ): AsyncGenerator<ApplicationEvent | undefined> {
    return this.#events(this.#filter.eventsAfter(applications), signal);
  }

  // Holds no list: a stream can last for long.
  async *#events(
    eventOf: EventReading,
    signal: AbortSignal,
  ): AsyncGenerator<ApplicationEvent | undefined> {
    const query = new URLSearchParams(this.#query);
    query.set('fields', STREAM_FIELDS.join(','));
    const lines = this.#upstream.lines(
      withQuery('/api/v1/stream/applications', query),
      signal,
    );
    for await (const line of lines) {
      const { result, error } = (line ?? {}) as {
        result?: { type?: unknown; application?: unknown };
        error?: unknown;
      };
      if (error) {
        throw new ServiceUnavailableError(
          `Argo CD ${this.name} ended the stream: ${
            messageOf(error) ?? 'no reason given'
          }`,
        );
      }
      yield eventOf(result?.type, result?.application);
    }
  }

  /** Only the resource tree tells. */
  async troubles(
    application: ApplicationStatus,
    signal: AbortSignal,
  ): Promise<ResourceTrouble[]> {
    return parseResourceTroubles(await this.#tree(application, signal));
  }

  async podImages(
    application: ApplicationStatus,
    signal: AbortSignal,
  ): Promise<PodImages> {
    return podImagesOfTree(await this.#tree(application, signal));
  }

  async close(): Promise<void> {
    await this.#upstream.close();
  }

  async #tree(
    { namespace, name }: ApplicationStatus,
    signal: AbortSignal,
  ): Promise<unknown> {
    const path = `/api/v1/applications/${encodeURIComponent(
      name,
    )}/resource-tree`;
    return this.#upstream.json(
      withQuery(path, new URLSearchParams({ appNamespace: namespace })),
      signal,
    );
  }
}

function queryOf({
  projects,
  selector,
  appNamespace,
}: ArgocdApiConfig): URLSearchParams {
  const query = new URLSearchParams();
  projects.forEach(project => query.append('projects', project));
  if (selector !== undefined) {
    query.set('selector', selector);
  }
  if (appNamespace !== undefined) {
    query.set('appNamespace', appNamespace);
  }
  return query;
}

function withQuery(path: string, query: URLSearchParams): string {
  return query.size > 0 ? `${path}?${query}` : path;
}
