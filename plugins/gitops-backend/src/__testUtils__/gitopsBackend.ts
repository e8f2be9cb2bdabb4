import { AddressInfo } from 'node:net';
import {
  BackendFeature,
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { Entity } from '@backstage/catalog-model';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import {
  Environment,
  EnvironmentsResponse,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { backstageConfig, MoreConfig, Upstreams } from '@gitops-infra/sandbox';
import { Knex } from 'knex';
import request from 'supertest';
import gitopsPlugin from '../index';

export const ENTITY = '/api/gitops/entities/component/default/demo';
export const LOCAL = 'apps/demo/overlays/local/kustomization.yaml';
export const STAGE = 'apps/demo/overlays/stage/kustomization.yaml';
/** A promotion from one to the other. */
export const REQUEST = { from: 'local', to: 'stage' };

// The database of a test backend stays open when the backend stops; these are closed after the last test.
const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

/** The `authorization` of whoever asks where nothing else is said. */
export const GUEST = mockCredentials.user.header('user:default/guest');

/** A component of the catalog. */
export const component = (
  name: string,
  annotations: Record<string, string> = {},
): Entity => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name, namespace: 'default', annotations },
  spec: {},
});

/** The one that a catalog has where nothing else is said. */
export const DEMO = component('demo', { 'gitops-infra.dev/service': 'demo' });

/** What a test says of the surroundings of a backend, and sees of it. */
export class Surroundings {
  /** Names of the permissions that nobody has. */
  denied: string[] = [];
  readonly audited: { eventId: string; outcome: string; meta?: object }[] = [];

  readonly features: BackendFeature[] = [
    mockServices.permissions.mock({
      authorize: async requests =>
        requests.map(({ permission }) => ({
          result: this.denied.includes(permission.name)
            ? AuthorizeResult.DENY
            : AuthorizeResult.ALLOW,
        })),
    }).factory,
    mockServices.auditor.mock({
      createEvent: async ({ eventId, meta }) => ({
        success: async () => {
          this.audited.push({ eventId, meta, outcome: 'success' });
        },
        fail: async () => {
          this.audited.push({ eventId, meta, outcome: 'fail' });
        },
      }),
    }).factory,
  ];
}

/** The plugin before a sandbox or other stand-ins, as whoever calls its API sees it. */
export class GitopsBackend {
  readonly #backend: Awaited<ReturnType<typeof startTestBackend>>;
  readonly knex: Knex;

  /**
   * @param options.entities - of the catalog; `DEMO` when absent
   * @param options.features - of the backend, besides the plugin, its configuration, the catalog and the database
   */
  static async start(
    upstreams: Upstreams,
    options: {
      config?: MoreConfig;
      entities?: Entity[];
      features?: BackendFeature[];
    } = {},
  ): Promise<GitopsBackend> {
    const { config, entities = [DEMO], features = [] } = options;
    const knex = await databases.init('SQLITE_3');
    const backend = await startTestBackend({
      features: [
        gitopsPlugin,
        mockServices.rootConfig.factory({
          data: backstageConfig(upstreams, config),
        }),
        catalogServiceMock.factory({ entities }),
        createServiceFactory({
          service: coreServices.database,
          deps: {},
          factory: () => mockServices.database({ knex }),
        }),
        ...features,
      ],
    });
    return new GitopsBackend(backend, knex);
  }

  private constructor(
    backend: Awaited<ReturnType<typeof startTestBackend>>,
    knex: Knex,
  ) {
    this.#backend = backend;
    this.knex = knex;
  }

  get url(): string {
    const { port } = this.#backend.server.address() as AddressInfo;
    return `http://localhost:${port}`;
  }

  /** @param by - an `authorization` header */
  get(path: string, by: string = GUEST): request.Test {
    return request(this.#backend.server).get(path).set('authorization', by);
  }

  /** @param by - an `authorization` header */
  post(path: string, body?: object, by: string = GUEST): request.Test {
    return request(this.#backend.server)
      .post(path)
      .set('authorization', by)
      .send(body);
  }

  /** What is answered for the component `demo`, be it an error. */
  async environments(): Promise<EnvironmentsResponse> {
    return (await this.get(`${ENTITY}/environments`)).body;
  }

  /** Its second environment; undefined before it is known. */
  async stage(): Promise<Environment> {
    return (await this.environments()).environments?.[1];
  }

  async stop(): Promise<void> {
    await this.#backend.stop();
  }
}
