import { GitopsClient } from './GitopsClient';

const BASE = 'https://backstage.example.com/api/gitops';
const entity = { kind: 'component', namespace: 'default', name: 'demo' };

/** A client whose requests are recorded and answered with `answer`. */
function clientAnswering(answer: () => Response) {
  const requests: { url: string; init?: RequestInit }[] = [];
  const getBaseUrl = jest.fn(async () => BASE);
  const fetchApi = {
    answer,
    async fetch(
      this: { answer(): Response },
      input: unknown,
      init?: RequestInit,
    ) {
      requests.push({ url: String(input), init });
      return this.answer();
    },
  };
  const client = new GitopsClient({ discoveryApi: { getBaseUrl }, fetchApi });
  return { client, requests, getBaseUrl };
}

const json =
  (body: unknown, status = 200) =>
  () =>
    new Response(JSON.stringify(body), {
      status,
      headers: { 'Content-Type': 'application/json' },
    });

describe('GitopsClient', () => {
  const request = { from: 'local', to: 'stage', images: ['demo'] };

  it.each<
    [
      name: string,
      call: (client: GitopsClient) => Promise<unknown>,
      sent: string,
      body: unknown,
    ]
  >([
    [
      'getEnvironments',
      c => c.getEnvironments(entity),
      'GET /entities/component/default/demo/environments',
      undefined,
    ],
    [
      'refreshApplication',
      c => c.refreshApplication(entity, 'stage'),
      'POST /entities/component/default/demo/environments/stage/refresh',
      undefined,
    ],
    [
      'refreshApplication, hard,',
      c => c.refreshApplication(entity, 'a/b', { mode: 'hard' }),
      'POST /entities/component/default/demo/environments/a%2Fb/refresh?mode=hard',
      undefined,
    ],
    [
      'getRefresh',
      c => c.getRefresh(entity, 'stage'),
      'GET /entities/component/default/demo/environments/stage/refresh',
      undefined,
    ],
    [
      'syncApplication',
      c => c.syncApplication(entity, 'stage'),
      'POST /entities/component/default/demo/environments/stage/sync',
      undefined,
    ],
    [
      'previewPromotion',
      c => c.previewPromotion(entity, request),
      'POST /entities/component/default/demo/promotions/preview',
      request,
    ],
    [
      'promote',
      c => c.promote(entity, request),
      'POST /entities/component/default/demo/promotions',
      request,
    ],
    [
      'getEarlierStates',
      c => c.getEarlierStates(entity, 'a/b'),
      'GET /entities/component/default/demo/earlier-states/a%2Fb',
      undefined,
    ],
    [
      'getPromotions',
      c => c.getPromotions(entity),
      'GET /entities/component/default/demo/promotions',
      undefined,
    ],
    [
      'getPromotions, a page,',
      c => c.getPromotions(entity, { limit: 20, cursor: 'a/b=' }),
      'GET /entities/component/default/demo/promotions?limit=20&cursor=a%2Fb%3D',
      undefined,
    ],
    [
      'getPromotions, of one environment,',
      c => c.getPromotions(entity, { to: 'a&b', limit: 20 }),
      'GET /entities/component/default/demo/promotions?to=a%26b&limit=20',
      undefined,
    ],
    [
      'getPromotionTimeline',
      c => c.getPromotionTimeline('a/b?c'),
      'GET /promotions/a%2Fb%3Fc/timeline',
      undefined,
    ],
    [
      'getPromotionTimeline, a page,',
      c => c.getPromotionTimeline('a', { limit: 20, cursor: 'b=' }),
      'GET /promotions/a/timeline?limit=20&cursor=b%3D',
      undefined,
    ],
    [
      'getPromotion',
      c => c.getPromotion('a/b?c'),
      'GET /promotions/a%2Fb%3Fc',
      undefined,
    ],
    [
      'closePromotion',
      c => c.closePromotion('a/b?c'),
      'POST /promotions/a%2Fb%3Fc/close',
      undefined,
    ],
    [
      'mergePromotion',
      c => c.mergePromotion('a/b?c', { headCommit: 'abc' }),
      'POST /promotions/a%2Fb%3Fc/merge',
      { headCommit: 'abc' },
    ],
    [
      'mergePromotion, overriding gates,',
      c =>
        c.mergePromotion('a', {
          headCommit: 'abc',
          override: { gates: ['b'], reason: 'c' },
        }),
      'POST /promotions/a/merge',
      { headCommit: 'abc', override: { gates: ['b'], reason: 'c' } },
    ],
    [
      'getMergeGates',
      c => c.getMergeGates('a/b?c'),
      'GET /promotions/a%2Fb%3Fc/gates',
      undefined,
    ],
  ])(
    '%s asks the backend and gives its answer',
    async (_, call, sent, body) => {
      const answer = { some: 'answer' };
      const { client, requests, getBaseUrl } = clientAnswering(json(answer));

      await expect(call(client)).resolves.toEqual(answer);

      expect(getBaseUrl).toHaveBeenCalledWith('gitops');
      const [{ url, init }] = requests;
      expect(requests).toHaveLength(1);
      expect(`${init?.method} ${url.replace(BASE, '')}`).toBe(sent);
      expect(init?.body && JSON.parse(String(init.body))).toEqual(body);
      expect(new Headers(init?.headers).get('Content-Type')).toBe(
        body ? 'application/json' : null,
      );
    },
  );

  it.each<[name: string, call: (client: GitopsClient) => Promise<unknown>]>([
    ['promote', c => c.promote(entity, request, { githubToken: 'gho_1' })],
    [
      'mergePromotion',
      c =>
        c.mergePromotion('a', { headCommit: 'abc' }, { githubToken: 'gho_1' }),
    ],
    ['closePromotion', c => c.closePromotion('a', { githubToken: 'gho_1' })],
  ])('%s sends the person’s GitHub token, once', async (_, call) => {
    const { client, requests } = clientAnswering(json({}));
    await call(client);
    await client.promote(entity, request);
    expect(
      requests.map(({ init }) =>
        new Headers(init?.headers).get('x-gitops-github-token'),
      ),
    ).toEqual(['gho_1', null]);
  });

  it('encodes what an entity may be called', async () => {
    const { client, requests } = clientAnswering(json({}));
    await client.getEnvironments({
      kind: 'Component',
      namespace: 'a/b',
      name: '../x?y#z ü%',
    });
    expect(requests[0].url).toBe(
      `${BASE}/entities/Component/a%2Fb/..%2Fx%3Fy%23z%20%C3%BC%25/environments`,
    );
  });

  it.each([
    [401, 'AuthenticationError'],
    [403, 'NotAllowedError'],
    [404, 'NotFoundError'],
    [409, 'ConflictError'],
    [422, 'InputError'],
    [503, 'ServiceUnavailableError'],
  ])(
    'rejects on %s with the error that the backend names',
    async (status, name) => {
      const { client } = clientAnswering(
        json(
          {
            error: { name, message: 'No service demo' },
            request: { method: 'GET', url: '/x' },
            response: { statusCode: status },
          },
          status,
        ),
      );
      await expect(client.getEnvironments(entity)).rejects.toMatchObject({
        name: 'ResponseError',
        statusCode: status,
        cause: { name, message: 'No service demo' },
      });
    },
  );

  it('rejects where something else than the backend answers', async () => {
    const { client } = clientAnswering(
      () => new Response('<html>Bad gateway</html>', { status: 502 }),
    );
    await expect(client.promote(entity, request)).rejects.toMatchObject({
      name: 'ResponseError',
      statusCode: 502,
    });
  });

  it('rejects where nobody answers', async () => {
    const { client } = clientAnswering(() => {
      throw new TypeError('Failed to fetch');
    });
    await expect(client.getPromotions(entity)).rejects.toThrow(
      'Failed to fetch',
    );
  });
});
