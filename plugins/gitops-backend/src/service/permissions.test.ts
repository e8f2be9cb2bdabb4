import { readFileSync } from 'node:fs';
import { auditorServiceFactory } from '@backstage/backend-defaults/auditor';
import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { Entity } from '@backstage/catalog-model';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { eventually, Sandbox, startTestSandbox } from '@gitops-infra/sandbox';
import { parse } from 'yaml';
import { CapturedLog } from '../__testUtils__/CapturedLog';
import {
  component,
  GitopsBackend,
  REQUEST,
} from '../__testUtils__/gitopsBackend';

jest.setTimeout(60_000);

const TEAM = 'group:default/team';

const DEMO: Entity = {
  ...component('demo', { 'gitops-infra.dev/service': 'demo' }),
  relations: [{ type: 'ownedBy', targetRef: TEAM }],
};

/** Who calls: what is granted by name, and the groups whose entities somebody owns. */
const ROLES = {
  nobody: undefined,
  stranger: { grants: [], groups: [] },
  reader: { grants: ['gitops.environment.read'], groups: [] },
  owner: { grants: [], groups: [TEAM] },
  'owner of another': { grants: [], groups: ['group:default/other'] },
  promoter: { grants: ['gitops.promotion.create'], groups: [] },
  merger: { grants: ['gitops.promotion.merge'], groups: [] },
  operator: { grants: ['gitops.application.sync'], groups: [] },
  service: undefined,
} satisfies Record<string, { grants: string[]; groups: string[] } | undefined>;
type Role = keyof typeof ROLES;
const NAMES = Object.keys(ROLES) as Role[];

// Argo CD refuses a second sync while the first is under way.
const environmentOf = (role: Role) => (role === 'operator' ? 'local' : 'stage');

const userRef = (role: Role) => `user:default/${role.replace(/ /g, '-')}`;

// As the catalog's rule IS_ENTITY_OWNER has it, with the groups of the caller as claims.
const isOwner = ({ relations }: Entity, groups: string[]) =>
  relations!.some(
    ({ type, targetRef }) => type === 'ownedBy' && groups.includes(targetRef),
  );

/** A policy by which everybody sees the catalog, and our permissions are for owners and those who were granted them. */
const permissions = mockServices.permissions.mock({
  authorize: async (requests, options) => {
    const { principal } = (options as any).credentials;
    const role = NAMES.find(name => userRef(name) === principal.userEntityRef);
    return requests.map(({ permission }) => {
      const { grants = [], groups = [] } = (role && ROLES[role]) ?? {};
      const isAllowed =
        principal.type === 'service' ||
        permission.name.startsWith('catalog.') ||
        (grants as string[]).includes(permission.name) ||
        isOwner(DEMO, groups);
      return {
        result: isAllowed ? AuthorizeResult.ALLOW : AuthorizeResult.DENY,
      };
    });
  },
  // Whoever may read for a grant of their own may read all; an owner reads what is theirs.
  authorizeConditional: async (requests, options) => {
    const { principal } = (options as any).credentials;
    return requests.map(({ permission: { name, resourceType } }) =>
      principal.type === 'service' ||
      (principal.userEntityRef === userRef('reader') &&
        ROLES.reader.grants.includes(name))
        ? { result: AuthorizeResult.ALLOW }
        : {
            result: AuthorizeResult.CONDITIONAL,
            pluginId: 'catalog',
            resourceType,
            conditions: { resourceType, rule: 'IS_ENTITY_OWNER', params: {} },
          },
    );
  },
});

const ENTITY = '/entities/{kind}/{namespace}/{name}';

type Nine<T> = [T, T, T, T, T, T, T, T, T];

/** What each route answers to each role, in the order of `ROLES`. The promotion is open until somebody closes it. */
const TABLE: {
  route: string;
  /** What the auditor calls it, where it writes. */
  event?: string;
  body?: object;
  //        nobody stranger reader owner other promoter merger operator service
  status: Nine<number>;
}[] = [
  {
    route: 'GET /status',
    status: [401, 200, 200, 200, 200, 200, 200, 200, 200],
  },
  {
    route: `GET ${ENTITY}/environments`,
    status: [401, 403, 200, 200, 403, 403, 403, 403, 200],
  },
  {
    route: `GET ${ENTITY}/promotions`,
    status: [401, 403, 200, 200, 403, 403, 403, 403, 200],
  },
  {
    route: `GET ${ENTITY}/earlier-states/{environment}`,
    status: [401, 403, 403, 200, 403, 200, 403, 403, 403],
  },
  {
    route: `POST ${ENTITY}/environments/{environment}/refresh`,
    event: 'application-refresh',
    status: [401, 403, 403, 202, 403, 403, 403, 202, 403],
  },
  {
    route: `GET ${ENTITY}/environments/{environment}/refresh`,
    status: [401, 403, 403, 200, 403, 403, 403, 200, 403],
  },
  {
    route: `POST ${ENTITY}/environments/{environment}/sync`,
    event: 'application-sync',
    status: [401, 403, 403, 202, 403, 403, 403, 202, 403],
  },
  {
    route: `POST ${ENTITY}/promotions/preview`,
    body: REQUEST,
    status: [401, 403, 403, 200, 403, 200, 403, 403, 403],
  },
  {
    route: `POST ${ENTITY}/promotions`,
    event: 'promotion-create',
    body: REQUEST,
    // It finds the one that is open.
    status: [401, 403, 403, 200, 403, 200, 403, 403, 403],
  },
  {
    route: 'GET /promotions/{id}',
    status: [401, 403, 200, 200, 403, 403, 403, 403, 200],
  },
  {
    route: 'GET /promotions/{id}/timeline',
    status: [401, 403, 200, 200, 403, 403, 403, 403, 200],
  },
  {
    route: 'GET /promotions/{id}/gates',
    status: [401, 403, 403, 200, 403, 403, 200, 403, 403],
  },
  {
    route: 'POST /promotions/{id}/merge',
    event: 'promotion-merge',
    // Allowed, and refused because it is not the commit that is there.
    body: { headCommit: '0'.repeat(40) },
    status: [401, 403, 403, 409, 403, 403, 409, 403, 403],
  },
  {
    route: 'POST /promotions/{id}/close',
    event: 'promotion-close',
    status: [401, 403, 403, 200, 403, 200, 403, 403, 403],
  },
];

const CELLS = TABLE.flatMap(({ status, ...row }) =>
  NAMES.map((role, index) => ({ ...row, role, status: status[index] })),
);

/** Who calls. */
const ACTORS: Partial<Record<string, string>> = {
  nobody: undefined,
  service: 'plugin:other',
};

/** What is audited of a call. */
function auditOf(
  { route, event, role, status }: (typeof CELLS)[number],
  id: string,
): object[] {
  if (!event) {
    return [];
  }
  // The body of a request by nobody is not read.
  const body = role === 'nobody' ? {} : { to: 'stage' };
  const target = route.includes('{environment}')
    ? { environment: environmentOf(role) }
    : body;
  return [
    {
      plugin: 'gitops',
      eventId: event,
      severityLevel: 'medium',
      actor: {
        actorId: role in ACTORS ? ACTORS[role] : userRef(role),
        ip: expect.any(String),
        userAgent: 'table',
      },
      request: { method: 'POST', url: expect.any(String) },
      status: status < 400 ? 'succeeded' : 'failed',
      meta: expect.objectContaining(
        route.includes('{id}')
          ? { promotion: id }
          : { kind: 'component', name: 'demo', ...target },
      ),
    },
  ];
}

describe('permissions of the HTTP API', () => {
  const log = new CapturedLog();
  let sandbox: Sandbox;
  let backend: GitopsBackend;
  let id: string;

  const send = (
    { route, body }: Omit<(typeof TABLE)[number], 'status'>,
    role: Role,
  ) => {
    const [method, path] = route.split(' ');
    const url = path
      .replace('{kind}/{namespace}/{name}', 'component/default/demo')
      .replace('{environment}', environmentOf(role))
      .replace('{id}', id);
    const header = {
      nobody: mockCredentials.none.header(),
      service: mockCredentials.service.header({
        onBehalfOf: mockCredentials.service('plugin:other'),
        targetPluginId: 'gitops',
      }),
    }[role as string];
    const by = header ?? mockCredentials.user.header(userRef(role));
    const asked =
      method === 'GET'
        ? backend.get(`/api/gitops${url}`, by)
        : backend.post(`/api/gitops${url}`, body, by);
    return asked.set('user-agent', 'table');
  };

  beforeAll(async () => {
    sandbox = await startTestSandbox();
    backend = await GitopsBackend.start(sandbox, {
      config: { gitops: { rendering: { kustomize: '/nowhere/kustomize' } } },
      entities: [DEMO],
      features: [permissions.factory, log.factory, auditorServiceFactory],
    });
    const create = TABLE.find(({ event }) => event === 'promotion-create')!;
    id = await eventually(
      async () => (await send(create, 'owner')).body.promotion?.id,
      opened => opened !== undefined,
    );
  });

  afterAll(async () => {
    await backend.stop();
    await sandbox.close();
  });

  it('has a row for every route that openapi.yaml describes', () => {
    const { paths } = parse(
      readFileSync(
        resolvePackagePath(
          '@gitops-infra/backstage-plugin-gitops-backend',
          'openapi.yaml',
        ),
        'utf8',
      ),
    );
    const described = Object.entries<object>(paths).flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter(method => method !== 'parameters')
        .map(method => `${method.toUpperCase()} ${path}`),
    );
    expect(TABLE.map(({ route }) => route).sort()).toEqual(described.sort());
    expect(
      TABLE.filter(({ event }) => event === undefined).every(
        ({ route }) => route.startsWith('GET') || route.endsWith('/preview'),
      ),
    ).toBe(true);
  });

  it('describes nothing in openapi.yaml that nothing refers to', () => {
    const text = readFileSync(
      resolvePackagePath(
        '@gitops-infra/backstage-plugin-gitops-backend',
        'openapi.yaml',
      ),
      'utf8',
    );
    const { schemas } = parse(text).components;
    expect(
      Object.keys(schemas).filter(
        name => !text.includes(`'#/components/schemas/${name}'`),
      ),
    ).toEqual([]);
  });

  it.each(CELLS)('$route by $role: $status', async cell => {
    log.lines.splice(0);
    const answer = await send(cell, cell.role);
    expect(answer.status).toBe(cell.status);
    expect(typeof answer.body.error?.message).toBe(
      cell.status < 400 ? 'undefined' : 'string',
    );
    const expected = auditOf(cell, id);
    expect(log.audited).toMatchObject(expected);
    expect(log.audited).toHaveLength(expected.length);
  });

  it.each(TABLE.filter(({ event }) => event !== undefined))(
    'nothing of a request by nobody is looked at: $route',
    async ({ route, event }) => {
      log.lines.splice(0);
      const answer = await send({ route, body: { no: 'such' } }, 'nobody');
      expect(answer.status).toBe(401);
      expect(log.audited).toMatchObject([
        { eventId: event, status: 'failed', actor: { actorId: undefined } },
      ]);
    },
  );

  it.each<[Role, boolean]>([
    ['stranger', false],
    ['reader', true],
    ['owner', false],
    ['service', true],
  ])(
    'what cannot be rendered is counted for a %s; why, with a quotation, is said: %s',
    async (role, says) => {
      const { body } = await send({ route: 'GET /status' }, role);
      expect(body.rendering).toMatchObject({ overlays: 2, unknown: 2 });
      expect(body.rendering.reasons?.length).toBe(says ? 2 : undefined);
    },
  );

  it('what is refused changes nothing: one pull request, that its owner closed', async () => {
    await expect(sandbox.pulls()).resolves.toMatchObject([
      { state: 'closed', merged: false },
    ]);
  });
});
