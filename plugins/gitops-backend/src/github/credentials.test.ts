import { GithubServer } from '../__testUtils__/GithubServer';
import { RateLimits } from './RateLimit';

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
