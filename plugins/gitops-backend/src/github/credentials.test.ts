import { GithubServer } from '../__testUtils__/GithubServer';
import { RateLimits } from './RateLimit';
import { UserToken } from './UserToken';

const REF = 'GET /git/ref/heads/main';

describe('credentials', () => {
  let server: GithubServer;
  let head: string;

  beforeEach(async () => {
    server = await GithubServer.start();
    head = server.git.commit({ 'apps/a.yaml': 'a: 1\n' });
  });

  afterEach(async () => {
    await server.close();
  });

  const authorizations = () =>
    server.requests.map(({ headers }) => headers.authorization);

  describe('of a GitHub App, whose token changes', () => {
    function appClient(rateLimits?: RateLimits) {
      let made = 0;
      return server.client({
        rateLimits,
        getCredentials: async () => {
          made++;
          return { type: 'app', token: `ghs_${made}` };
        },
      });
    }

    it('are asked for at each call, and a known head stays known', async () => {
      const client = appClient();
      await expect(client.head()).resolves.toBe(head);
      await expect(client.head()).resolves.toBe(head);
      expect(authorizations()).toEqual(['token ghs_1', 'token ghs_2']);
      expect(server.takeCalls()).toEqual([REF, `${REF} 304`]);
    });

    it('still get what is new', async () => {
      const client = appClient();
      await client.head();
      const pushed = server.git.commit({ 'apps/a.yaml': 'a: 2\n' });
      await expect(client.head()).resolves.toBe(pushed);
    });

    it('take an ETag for what it is where GitHub gives each token its own', async () => {
      const client = appClient();
      server.intercept = request => ({
        status: 200,
        headers: { etag: `"${request.headers.authorization}"` },
        json: { ref: 'refs/heads/main', object: { sha: head } },
      });
      await expect(client.head()).resolves.toBe(head);
      await expect(client.head()).resolves.toBe(head);
      expect(server.takeCalls()).toEqual([REF, REF]);
    });

    it('do not forget the rate limit', async () => {
      server.intercept = () => ({
        status: 403,
        headers: { 'retry-after': '30' },
        json: { message: 'You have exceeded a secondary rate limit' },
      });
      const client = appClient();
      await client.head().catch(() => {});
      await expect(client.head()).rejects.toThrow('try again in 30 s');
      expect(server.requests).toHaveLength(1);
    });
  });

  describe('of a person', () => {
    const limited = { 'retry-after': '30' };

    it('wait for what GitHub said at an earlier request of theirs, and nobody else does', async () => {
      const client = server.client();
      server.intercept = request =>
        request.headers.authorization === 'token gho_ann'
          ? { status: 403, headers: limited, json: { message: 'slow down' } }
          : { status: 201, json: {} };
      const write = (token: string) =>
        client.as(new UserToken(token)).createBranch('b', head);
      await write('gho_ann').catch(() => {});
      await expect(write('gho_ann')).rejects.toThrow('try again in 30 s');
      await write('gho_bob');
      await client.createBranch('b', head);
      expect(authorizations()).toEqual([
        'token gho_ann',
        'token gho_bob',
        'token a-secret-token',
      ]);
    });

    it('and those of the integration make their writes one after the other, at one pace', async () => {
      let now = 0;
      const rateLimits = new RateLimits({
        atOnce: 1,
        pauseMs: 1_000,
        monotonic: () => now,
        sleep: async ms => {
          now += ms;
        },
      });
      const client = server.client({ rateLimits });
      const times: number[] = [];
      server.intercept = () => {
        times.push(now);
        return { status: 201, json: {} };
      };
      await Promise.all([
        client.as(new UserToken('gho_ann')).createBranch('a', head),
        client.as(new UserToken('gho_bob')).createBranch('b', head),
        client.createBranch('c', head),
      ]);
      expect(times).toEqual([0, 1_000, 2_000]);
    });
  });

  it('of two hosts stay with their host, and so do their limits', async () => {
    const enterprise = await GithubServer.start('/api/v3');
    try {
      const rateLimits = new RateLimits();
      const elsewhere = enterprise.git.commit({ 'apps/b.yaml': 'b: 1\n' });
      const ours = server.client({
        rateLimits,
        getCredentials: async () => ({ type: 'token', token: 'com' }),
      });
      const theirs = enterprise.client({
        rateLimits,
        getCredentials: async () => ({ type: 'token', token: 'enterprise' }),
      });
      await expect(ours.head()).resolves.toBe(head);
      await expect(theirs.head()).resolves.toBe(elsewhere);
      expect(authorizations()).toEqual(['token com']);
      expect(enterprise.requests[0].headers.authorization).toBe(
        'token enterprise',
      );

      server.intercept = () => ({
        status: 429,
        headers: { 'retry-after': '30' },
        json: {},
      });
      await ours.head().catch(() => {});
      await expect(ours.head()).rejects.toThrow('try again in 30 s');
      await expect(theirs.head()).resolves.toBe(elsewhere);
    } finally {
      await enterprise.close();
    }
  });

  it('are sent to the new address of a renamed repository', async () => {
    const moved = `http://${server.host}/repositories/42/git/ref/heads/main`;
    server.intercept = (_, path) => {
      if (path === '/git/ref/heads/main') {
        return {
          status: 301,
          headers: { location: moved },
          json: { message: 'Moved Permanently', url: moved },
        };
      }
      return path.startsWith('/repositories/42/')
        ? {
            status: 200,
            json: { ref: 'refs/heads/main', object: { sha: head } },
          }
        : undefined;
    };
    const client = server.client();
    await expect(client.head()).resolves.toBe(head);
    await expect(client.head()).resolves.toBe(head);
    expect(authorizations()).toEqual(
      Array.from({ length: 4 }, () => 'token a-secret-token'),
    );
    expect(server.takeCalls()).toEqual([
      `${REF} 301`,
      'GET /repositories/42/git/ref/heads/main',
      `${REF} 301`,
      'GET /repositories/42/git/ref/heads/main 304',
    ]);
  });
});
