import { AuthService, DiscoveryService } from '@backstage/backend-plugin-api';
import { CustomErrorBase, ServiceUnavailableError } from '@backstage/errors';
import {
  ApplicationStatus,
  fewTroubles,
  parsePodTroubles,
  PodImages,
  podImagesOfPods,
  ResourceTrouble,
  Workload,
  workloadsOf,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { ArgocdKubernetesConfig } from '../config';
import { ApplicationFilter, EventReading } from './ApplicationFilter';
import {
  ApplicationEvent,
  ApplicationList,
  ApplicationSource,
} from './ApplicationSource';
import { JsonUpstream, messageOf } from './JsonUpstream';
import {
  APPLICATIONS_API,
  applicationPath,
  KubernetesStatus,
  kubernetesUpstream,
} from './kubernetesUpstream';
import { mergeStreams } from './mergeStreams';

const PAGE_SIZE = 250;
// A list that changes faster than it can be paged through is tried again from its beginning.
const LIST_TRIES = 3;
const MAX_POD_PAGES = 20;
const MAX_POD_NAMESPACES = 5;

/** What the list or the watch stands on is no longer kept; a new list is needed. */
class GoneError extends CustomErrorBase {
  name = 'GoneError';
}

/** An event of a watch. */
interface WatchEvent {
  type?: unknown;
  object?: unknown;
}

interface ListMetadata {
  continue?: string;
  resourceVersion?: string;
}

/**
 * The Applications of one Argo CD as resources of its cluster, through the clusters and the credentials of Backstage's
 * Kubernetes plugin. Its account needs to get, list and watch Applications, and to list pods.
 */
export class KubernetesSource implements ApplicationSource {
  readonly name: string;
  readonly #cluster: string;
  readonly #namespaces: string[];
  readonly #selector?: string;
  readonly #filter: ApplicationFilter;
  readonly #upstream: JsonUpstream;
  #bookmarks = true;

  constructor(
    config: ArgocdKubernetesConfig,
    services: { auth: AuthService; discovery: DiscoveryService },
  ) {
    const { name, cluster, namespaces, selector } = config;
    this.name = name;
    this.#cluster = cluster;
    this.#namespaces = namespaces;
    this.#selector = selector;
    this.#filter = new ApplicationFilter(name, config);
    this.#upstream = kubernetesUpstream(config, services, refusal =>
      refusal.status === 410
        ? new GoneError(messageOf(refusal.body) ?? 'gone')
        : undefined,
    );
  }

  async list(signal: AbortSignal): Promise<ApplicationList> {
    const applications: ApplicationStatus[] = [];
    let resourceVersion: string | undefined;
    for (const path of this.#paths) {
      const listed = await this.#listAll(path, signal);
      applications.push(...listed.applications);
      // Watching from the first of several lists misses nothing of the later ones.
      resourceVersion ??= listed.resourceVersion;
    }
    return { applications, resourceVersion };
  }

  watch(
    { applications, resourceVersion }: ApplicationList,
    signal: AbortSignal,
  ): AsyncGenerator<ApplicationEvent | undefined> {
    const eventOf = this.#filter.eventsAfter(applications);
    return this.#events(eventOf, resourceVersion, signal);
  }

  // Holds no list: a watch can last for long.
  async *#events(
    eventOf: EventReading,
    resourceVersion: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<ApplicationEvent | undefined> {
    const query = this.#query({
      watch: '1',
      resourceVersion,
      // Without a version to start from some servers answer a watch with bookmarks by an error.
      allowWatchBookmarks:
        this.#bookmarks && resourceVersion ? 'true' : undefined,
    });
    const watches = this.#paths.map(
      path => (ended: AbortSignal) =>
        this.#upstream.lines(`${path}?${query}`, ended),
    );
    try {
      for await (const line of mergeStreams(watches, signal)) {
        const { type, object } = (line ?? {}) as WatchEvent;
        if (type === 'ERROR') {
          throw this.#failed((object ?? {}) as KubernetesStatus);
        }
        yield eventOf(type, object);
      }
    } catch (error) {
      if (!(error instanceof GoneError)) {
        throw error;
      }
    }
  }

  /**
   * What keeps an Application's pods from being Healthy, where they run in the cluster that the Application is in: the
   * pods of others are not asked for.
   */
  async troubles(
    status: ApplicationStatus,
    signal: AbortSignal,
  ): Promise<ResourceTrouble[]> {
    const application = await this.#read(status, signal);
    if (!isInCluster(application)) {
      return [];
    }
    const workloads = workloadsOf(application);
    const troubles: ResourceTrouble[] = [];
    await this.#pods(workloads, signal, pod =>
      troubles.push(...parsePodTroubles([pod], workloads)),
    );
    return fewTroubles(troubles);
  }

  /** @throws ServiceUnavailableError also where they run in another cluster. */
  async podImages(
    status: ApplicationStatus,
    signal: AbortSignal,
  ): Promise<PodImages> {
    const application = await this.#read(status, signal);
    if (!isInCluster(application)) {
      throw new ServiceUnavailableError(
        `the pods of ${status.name} are in another cluster than Argo CD ${this.name}, and are not looked at`,
      );
    }
    const pods: unknown[] = [];
    const isWhole = await this.#pods(workloadsOf(application), signal, pod =>
      pods.push(pod),
    );
    if (!isWhole) {
      throw new ServiceUnavailableError(
        `${status.name} has more pods, or more namespaces, than are looked at`,
      );
    }
    return podImagesOfPods(application, pods);
  }

  async close(): Promise<void> {}

  get #paths(): string[] {
    return this.#namespaces.length > 0
      ? this.#namespaces.map(
          namespace =>
            `${APPLICATIONS_API}/namespaces/${encodeURIComponent(
              namespace,
            )}/applications`,
        )
      : [`${APPLICATIONS_API}/applications`];
  }

  async #listAll(path: string, signal: AbortSignal): Promise<ApplicationList> {
    for (let tries = 1; ; tries++) {
      const applications: ApplicationStatus[] = [];
      try {
        const { resourceVersion } = await this.#pages(
          path,
          this.#query({ limit: `${PAGE_SIZE}` }),
          signal,
          item => {
            const application = this.#filter.read(item);
            if (application) {
              applications.push(application);
            }
          },
        );
        return { applications, resourceVersion };
      } catch (error) {
        if (!(error instanceof GoneError) || tries === LIST_TRIES) {
          throw error;
        }
      }
    }
  }

  async #read(
    status: ApplicationStatus,
    signal: AbortSignal,
  ): Promise<unknown> {
    return this.#upstream.json(applicationPath(status), signal);
  }

  // Resolves to whether those were all.
  async #pods(
    workloads: Workload[],
    signal: AbortSignal,
    onPod: (pod: unknown) => void,
  ): Promise<boolean> {
    const namespaces = new Set(workloads.map(({ namespace }) => namespace));
    let isWhole = namespaces.size <= MAX_POD_NAMESPACES;
    for (const namespace of [...namespaces].slice(0, MAX_POD_NAMESPACES)) {
      const last = await this.#pages(
        `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`,
        new URLSearchParams({ limit: `${PAGE_SIZE}` }),
        signal,
        onPod,
        MAX_POD_PAGES,
      );
      isWhole &&= !last.continue;
    }
    return isWhole;
  }

  // Reads a list page by page; returns the version that the whole is of, and where it goes on.
  async #pages(
    path: string,
    query: URLSearchParams,
    signal: AbortSignal,
    onItem: (item: unknown) => void,
    maxPages = Number.POSITIVE_INFINITY,
  ): Promise<ListMetadata> {
    for (let page = 1; ; page++) {
      const { metadata = {} } = (await this.#upstream.list(
        `${path}?${query}`,
        signal,
        onItem,
      )) as { metadata?: ListMetadata };
      if (!metadata.continue || page >= maxPages) {
        return metadata;
      }
      query.set('continue', metadata.continue);
    }
  }

  #query(parameters: Record<string, string | undefined>): URLSearchParams {
    return new URLSearchParams(
      Object.entries({ ...parameters, labelSelector: this.#selector }).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      ),
    );
  }

  #failed(status: KubernetesStatus): Error {
    const { code, reason } = status;
    const message = messageOf(status) ?? 'no reason given';
    if (code === 410 || reason === 'Expired' || reason === 'Gone') {
      return new GoneError(message);
    }
    if (message.includes('RequestWatchProgress')) {
      this.#bookmarks = false;
      return new GoneError(message);
    }
    return new ServiceUnavailableError(
      `Argo CD ${this.name} (cluster ${
        this.#cluster
      }) ended the watch: ${message}`,
    );
  }
}

function isInCluster(application: unknown): boolean {
  const { spec } = (application ?? {}) as {
    spec?: { destination?: { server?: unknown; name?: unknown } };
  };
  const { server, name } = spec?.destination ?? {};
  return server === 'https://kubernetes.default.svc' || name === 'in-cluster';
}
