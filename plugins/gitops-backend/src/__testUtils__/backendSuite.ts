import { createServiceFactory } from '@backstage/backend-plugin-api';
import { mockServices } from '@backstage/backend-test-utils';
import { Entity } from '@backstage/catalog-model';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { eventually, Sandbox, startTestSandbox } from '@gitops-infra/sandbox';
import { GitopsBackend, Surroundings } from './gitopsBackend';

/** What the tests of a suite have. */
export interface BackendSuite {
  readonly sandbox: Sandbox;
  readonly surroundings: Surroundings;
  /** The bus that the events backend puts webhooks on, once it has verified their signatures. */
  readonly events: ReturnType<typeof mockServices.events>;
  get: GitopsBackend['get'];
  post: GitopsBackend['post'];
  environments: GitopsBackend['environments'];
  stage: GitopsBackend['stage'];
  start(gitops: object): Promise<void>;
  stop(): Promise<void>;
  /** Starts another backend in place of the one that runs. */
  restart(gitops: object): Promise<void>;
  /** Until stage is known, and healthy. */
  untilHealthy(): Promise<void>;
}

/**
 * A suite whose tests each have a backend before a sandbox of its own, which knows a healthy stage.
 *
 * @param options.shared - whether it is one for all of them, as for those that change nothing
 */
export function registerBackendSuite(
  options: { entities?: Entity[]; shared?: boolean } = {},
): BackendSuite {
  const events = mockServices.events();
  let sandbox: Sandbox;
  let backend: GitopsBackend;
  let surroundings: Surroundings;

  const start = async (gitops?: object) => {
    backend = await GitopsBackend.start(sandbox, {
      config: { gitops },
      entities: options.entities,
      features: [
        ...surroundings.features,
        createServiceFactory({
          service: eventsServiceRef,
          deps: {},
          factory: () => events,
        }),
      ],
    });
  };
  const untilHealthy = async () => {
    await eventually(
      () => backend.stage(),
      stage => stage?.health.status === 'Healthy',
    );
  };

  beforeAll(async () => {
    sandbox = await startTestSandbox();
  });

  const [before, after] = options.shared
    ? [beforeAll, afterAll]
    : [beforeEach, afterEach];

  before(async () => {
    surroundings = new Surroundings();
    await sandbox.reset();
    await start();
    await untilHealthy();
  });

  after(async () => {
    await backend.stop();
  });

  afterAll(async () => {
    await sandbox.close();
  });

  return {
    events,
    untilHealthy,
    get sandbox() {
      return sandbox;
    },
    get surroundings() {
      return surroundings;
    },
    get: (...args) => backend.get(...args),
    post: (...args) => backend.post(...args),
    environments: () => backend.environments(),
    stage: () => backend.stage(),
    start,
    stop: () => backend.stop(),
    restart: async gitops => {
      await backend.stop();
      await start(gitops);
    },
  };
}
