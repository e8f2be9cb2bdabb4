import { mockCredentials } from '@backstage/backend-test-utils';
import { gitopsPermissions } from '@gitops-infra/backstage-plugin-gitops-common';
import { registerBackendSuite } from './__testUtils__/backendSuite';
import {
  DEMO,
  ENTITY,
  REQUEST,
  component,
} from './__testUtils__/gitopsBackend';

// Upstreams are followed in real time.
jest.setTimeout(60_000);

// Somebody whose rights the backend was not asked for in the last seconds.
const NEWCOMER = mockCredentials.user.header('user:default/newcomer');

describe('the API refuses', () => {
  const suite = registerBackendSuite({
    shared: true,
    entities: [
      DEMO,
      component('plain'),
      component('lost', { 'gitops-infra.dev/service': 'nowhere' }),
      component('lost-name', { 'argocd/app-name': 'nothing' }),
    ],
  });
  const { get, post } = suite;

  afterEach(() => {
    suite.surroundings.denied = [];
  });

  it.each<[string, 'GET' | 'POST', string, number, string, object?]>([
    [
      'an entity without the annotation',
      'GET',
      'plain/environments',
      404,
      'component:default/plain has no environments: it has no annotation gitops-infra.dev/service',
    ],
    [
      'an annotation that names no service',
      'GET',
      'lost/environments',
      404,
      'deploys a folder of apps/nowhere; correct the annotation',
    ],
    [
      'an annotation that means no Application',
      'GET',
      'lost-name/environments',
      404,
      'is meant by the annotation argocd/app-name: nothing; correct it',
    ],
    [
      'an entity that is not there',
      'GET',
      'nobody/environments',
      404,
      'There is no entity component:default/nobody',
    ],
    ['a name that is no name', 'GET', 'a%2Fb/environments', 400, 'name'],
    [
      'an unknown environment',
      'POST',
      'demo/promotions',
      404,
      'demo has no environment qa; it has local, stage',
      { from: 'local', to: 'qa' },
    ],
    [
      'an environment that is no name',
      'POST',
      'demo/promotions',
      400,
      'must match pattern',
      { from: 'local', to: '../../x' },
    ],
    [
      'an unknown image',
      'POST',
      'demo/promotions',
      400,
      'pins an image nope; they pin demo',
      { ...REQUEST, images: ['nope'] },
    ],
    [
      'a body with more than is asked for',
      'POST',
      'demo/promotions',
      400,
      'must NOT have additional properties',
      { ...REQUEST, branch: 'main' },
    ],
    ['a body that is none', 'POST', 'demo/promotions', 400, "'to'"],
    [
      'a promotion from nowhere',
      'POST',
      'demo/promotions',
      400,
      'A promotion has exactly one of from, version, rollbackTo',
      { to: 'stage' },
    ],
    [
      'a rollback to what is no commit',
      'POST',
      'demo/promotions',
      400,
      'must match pattern',
      { to: 'stage', rollbackTo: 'HEAD~1' },
    ],
    [
      'the earlier states of an unknown environment',
      'GET',
      'demo/earlier-states/qa',
      404,
      'demo has no environment qa',
    ],
  ])('%s', async (_, method, path, status, message, body = {}) => {
    const url = `/api/gitops/entities/component/default/${path}`;
    const answer = await (method === 'GET' ? get(url) : post(url, body));
    expect(answer.status).toBe(status);
    expect(answer.body.error.message).toContain(message);
    await expect(suite.sandbox.pulls()).resolves.toEqual([]);
  });

  it('a promotion that is not there', async () => {
    const id = '00000000-0000-4000-8000-000000000000';
    expect((await get(`/api/gitops/promotions/${id}`)).status).toBe(404);
    expect((await get('/api/gitops/promotions/nonsense')).status).toBe(400);
  });

  it('everybody without credentials, and services that want to write', async () => {
    const { status } = await get(
      `${ENTITY}/environments`,
      mockCredentials.none.header(),
    );
    expect(status).toBe(401);
    const write = await post(
      `${ENTITY}/promotions`,
      REQUEST,
      mockCredentials.service.header(),
    );
    expect(write.status).toBe(403);
  });

  const routes = {
    environments: () => get(`${ENTITY}/environments`, NEWCOMER),
    promotions: () => get(`${ENTITY}/promotions`),
    preview: () => post(`${ENTITY}/promotions/preview`, REQUEST),
    promote: () => post(`${ENTITY}/promotions`, REQUEST),
    states: () => get(`${ENTITY}/earlier-states/stage`),
  };
  it.each([
    ['environments', 'gitops.environment.read'],
    ['promotions', 'gitops.environment.read'],
    ['preview', 'gitops.promotion.create'],
    ['promote', 'gitops.promotion.create'],
    ['states', 'gitops.promotion.create'],
  ] as const)('%s without the permission %s', async (route, permission) => {
    suite.surroundings.denied = [permission];
    const answer = await routes[route]();
    expect(answer.status).toBe(403);
    expect(answer.body.error.message).toBe(
      `You lack the permission ${permission} on component:default/demo; ask its owner`,
    );
    await expect(suite.sandbox.pulls()).resolves.toEqual([]);
  });

  it('nothing to somebody who may only look, but says so', async () => {
    suite.surroundings.denied = gitopsPermissions
      .map(({ name }) => name)
      .filter(name => name !== 'gitops.environment.read');
    const { body } = await get(`${ENTITY}/environments`, NEWCOMER);
    expect(body.rights).toEqual({
      promote: false,
      merge: false,
      sync: false,
    });
  });

  const UNKNOWN = '00000000-0000-4000-8000-000000000000';

  it.each<[string, string, object | undefined, number]>([
    ['promotion-create', `${ENTITY}/promotions`, { to: '../x' }, 400],
    ['promotion-create', `${ENTITY}/promotions`, { to: 'qa', from: 'x' }, 404],
    ['promotion-merge', '/api/gitops/promotions/x/merge', {}, 400],
    ['promotion-merge', `/api/gitops/promotions/${UNKNOWN}/merge`, {}, 400],
    ['promotion-close', '/api/gitops/promotions/x/close', undefined, 400],
    [
      'promotion-close',
      `/api/gitops/promotions/${UNKNOWN}/close`,
      undefined,
      404,
    ],
    [
      'application-refresh',
      `${ENTITY}/environments/stage/refresh?mode=soft`,
      undefined,
      400,
    ],
    ['application-sync', `${ENTITY}/environments/~/sync`, undefined, 400],
  ])(
    '%s, and audits the attempt once: POST %s %j',
    async (eventId, path, body, status) => {
      const { audited } = suite.surroundings;
      audited.splice(0);
      const answer = await post(path, body);
      expect(answer.status).toBe(status);
      expect(audited).toMatchObject([{ eventId, outcome: 'fail' }]);
    },
  );

  it('a preview, which is no attempt to write', async () => {
    const { audited } = suite.surroundings;
    audited.splice(0);
    expect((await post(`${ENTITY}/promotions/preview`, {})).status).toBe(400);
    expect(audited).toEqual([]);
  });
});
