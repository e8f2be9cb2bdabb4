import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ApplicationJson } from '../argocd/applicationJson';
import { ArgocdApplications } from '../argocd/ArgocdApi';
import { ApplicationEvent } from '../argocd/ArgocdInstance';
import { uidOf } from '../argocd/resources';
import { PACKAGE_DIRECTORY } from '../packageDirectory';
import { now } from './now';
import {
  declaredApplication,
  EstateApplication,
  estateApplications,
  hostOf,
  imageOf,
} from './estate';

/** The recording that an Application of an estate looks like, with its resource tree. */
interface Template {
  application: string;
  resourceTree: string;
  /** The version that the recorded overlay pinned. */
  version: string;
}

const HEALTHY = readTemplate('j-history', '1.5.0', 'application-after-many');
const DEGRADED = readTemplate('e2-image-pull-backoff-degraded', '9.9.9');
const RECORDED_REPOSITORY = 'https://git.example.com/demo/gitops-infra.git';
const RECORDED_TREE_VERSION = '1.4.3';

const FIRST_RESOURCE_VERSION = 1_000_000;

/**
 * An Argo CD with the Applications of an estate, each as large as the recorded one whose words it has: ten lines of
 * history, resources, the last operation. They change only when they are told to.
 */
export class EstateArgocd implements ArgocdApplications {
  readonly #declared = new Map<string, EstateApplication>();
  readonly #applications = new Map<string, ApplicationJson>();
  readonly #listeners = new Set<(event: ApplicationEvent) => void>();
  #resourceVersion = FIRST_RESOURCE_VERSION;

  /** @param options.revisions - commits of the deployed branch, oldest first; every Application is synced to the last */
  constructor(options: {
    services: number;
    repositoryUrl: string;
    revisions: string[];
    healthy?: boolean;
  }) {
    const { services, repositoryUrl, revisions, healthy } = options;
    for (const application of estateApplications(services)) {
      const declared = {
        ...application,
        degraded: application.degraded && !healthy,
      };
      this.#declared.set(declared.name, declared);
      this.#applications.set(
        declared.name,
        this.#make(declared, repositoryUrl, revisions),
      );
    }
  }

  get resourceVersion(): number {
    return this.#resourceVersion;
  }

  get applications(): ApplicationJson[] {
    return [...this.#applications.values()];
  }

  get(name: string, namespace?: string): ApplicationJson | undefined {
    const found = this.#applications.get(name);
    return namespace && found?.metadata.namespace !== namespace
      ? undefined
      : found;
  }

  resourceTree(name: string): object {
    const declared = this.#declared.get(name);
    return declared
      ? JSON.parse(fill(templateOf(declared).resourceTree, declared))
      : {};
  }

  async refresh(): Promise<void> {
    // Nothing was missed: Applications change only when they are told to.
  }

  sync(name: string): ApplicationJson | undefined {
    return this.get(name);
  }

  subscribe(listener: (event: ApplicationEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Has one Application change in what a person sees, its sync status, and tells those who stream.
   *
   * @returns the status that it has now, and when it was told, in milliseconds since 1970
   */
  change(name: string): { status: string; at: number } {
    const before = this.get(name);
    if (!before) {
      throw new Error(`There is no Application ${name}`);
    }
    const status =
      before.status.sync.status === 'Synced' ? 'OutOfSync' : 'Synced';
    const application: ApplicationJson = {
      ...before,
      metadata: {
        ...before.metadata,
        resourceVersion: String((this.#resourceVersion += 1)),
      },
      status: {
        ...before.status,
        sync: { ...before.status.sync, status },
        reconciledAt: new Date().toISOString(),
      },
    };
    this.#applications.set(name, application);
    const at = now();
    this.#listeners.forEach(listener =>
      listener({ type: 'MODIFIED', application }),
    );
    return { status, at };
  }

  #make(
    declared: EstateApplication,
    repositoryUrl: string,
    revisions: string[],
  ): ApplicationJson {
    const recorded: ApplicationJson = JSON.parse(
      fill(templateOf(declared).application, declared).replaceAll(
        RECORDED_REPOSITORY,
        repositoryUrl,
      ),
    );
    const { metadata, spec } = declaredApplication(declared, repositoryUrl);
    const history = (recorded.status.history ?? []).map(
      (entry, index, all) => ({
        ...entry,
        // The last line of the history is what is deployed.
        revision: revisions[Math.max(revisions.length - all.length + index, 0)],
        source: { ...entry.source, ...spec.source },
      }),
    );
    const head = revisions[revisions.length - 1];
    const { operationState } = recorded.status;
    return {
      ...recorded,
      metadata: {
        ...recorded.metadata,
        ...metadata,
        uid: uidOf(declared.name),
        resourceVersion: String((this.#resourceVersion += 1)),
        annotations: {
          ...recorded.metadata.annotations,
          ...metadata.annotations,
        },
      },
      spec,
      status: {
        ...recorded.status,
        sync: {
          status: recorded.status.sync.status,
          comparedTo: { source: spec.source, destination: spec.destination },
          revision: head,
        },
        history,
        ...(operationState && {
          operationState: {
            ...operationState,
            operation: {
              ...operationState.operation,
              sync: {
                ...operationState.operation.sync,
                revision: head,
                source: spec.source,
              },
            },
            syncResult: {
              resources: [],
              ...operationState.syncResult,
              revision: head,
              source: spec.source,
            },
          },
        }),
      },
    };
  }
}

function templateOf({ degraded }: EstateApplication): Template {
  return degraded ? DEGRADED : HEALTHY;
}

function readTemplate(
  folder: string,
  version: string,
  application = 'application',
): Template {
  const body = (name: string) =>
    JSON.stringify(
      JSON.parse(
        readFileSync(
          path.join(PACKAGE_DIRECTORY, 'recordings', folder, `${name}.json`),
          'utf8',
        ),
      ).response.body,
    );
  return {
    version,
    application: body(application),
    resourceTree: body('resource-tree'),
  };
}

// Puts the names of an estate in the place of the recorded ones.
function fill(text: string, declared: EstateApplication): string {
  const { service, environment, name, version } = declared;
  const recorded = templateOf(declared).version;
  return text
    .replaceAll('stage.localtest.me', hostOf(service, environment))
    .replaceAll('apps/demo/overlays/stage', declared.overlayPath)
    .replaceAll(
      `localhost:5001/demo:${recorded}`,
      `${imageOf(service)}:${version}`,
    )
    .replaceAll(
      `localhost:5001/demo:${RECORDED_TREE_VERSION}`,
      `${imageOf(service)}:${version}`,
    )
    .replaceAll('localhost:5001/demo', imageOf(service))
    .replaceAll('demo-stage', name)
    .replace(/(["/ =\\])demo(?=["\\ =-])/g, `$1${service}`);
}
