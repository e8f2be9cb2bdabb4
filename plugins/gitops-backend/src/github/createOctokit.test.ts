import { GithubServer, Reply } from '../__testUtils__/GithubServer';
import { GithubRequest } from './createOctokit';
import { InfraRepository } from './InfraRepository';
import { RateLimits } from './RateLimit';

const SHA = 'a'.repeat(40);
const OTHER = 'b'.repeat(40);

const limited = (more: Partial<Reply> = {}): Reply => ({
  status: 403,
  json: { message: 'You have exceeded a secondary rate limit' },
  ...more,
});

describe('requests to GitHub', () => {
  let server: GithubServer;

  beforeEach(async () => {
    server = await GithubServer.start();
    server.git.commit({ 'apps/a.yaml': 'a: 1\n' });
  });

  afterEach(async () => {
    await server.close();
  });

  it.each<[what: string, answer: Reply, says: string]>([
    [
      'a secondary limit (403)',
      limited({ headers: { 'retry-after': '45' } }),
      'try again in 45 s',
    ],
    ['a secondary limit without a time (403)', limited(), 'in 60 s'],
    [
      'too many requests (429)',
      limited({ status: 429, headers: { 'retry-after': '5' } }),
      'try again in 5 s',
    ],
    [
      'the primary limit (403)',
      limited({
        headers: {
          'x-ratelimit-limit': '5000',
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': `${Math.floor(Date.now() / 1000) + 1_000}`,
        },
        json: { message: 'API rate limit exceeded' },
      }),
      "GitHub's rate limit is reached; try again in ",
    ],
  ])('are not sent again after %s', async (_, answer, says) => {
    server.intercept = () => answer;
    const client = server.client();
    await expect(client.head()).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
      message: expect.stringContaining("GitHub's rate limit is reached"),
    });
    server.intercept = () => {};
    for (const call of [
      () => client.head(),
      () => client.blob('f'.repeat(40)),
      () => client.createBranch('b', 'f'.repeat(40)),
    ]) {
      await expect(call()).rejects.toMatchObject({
        name: 'ServiceUnavailableError',
        message: expect.stringContaining(says),
      });
    }
    expect(server.requests).toHaveLength(1);
    expect(client.pollDelayMs(1_000)).toBeGreaterThan(1_000);
  });

  it.each<[what: string, answer: Reply]>([
    ['an error of GitHub (500)', { status: 500 }],
    ['a gateway that got no answer (502)', { status: 502 }],
    ['a maintenance (503)', { status: 503 }],
    ['a missing right (403)', { status: 403, json: { message: 'no right' } }],
  ])('are sent again after %s', async (_, answer) => {
    const client = server.client();
    server.intercept = () => answer;
    await expect(client.head()).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
    });
    server.intercept = () => {};
    await expect(client.head()).resolves.toBe(server.git.branches.get('main'));
    expect(client.pollDelayMs(1_000)).toBe(1_000);
  });

  describe.each<[what: string, answer: Reply]>([
    [
      'the page of a proxy',
      {
        status: 200,
        headers: { 'content-type': 'text/html; charset=utf-8' },
        body: Buffer.from('<html>Please sign in</html>'),
      },
    ],
    ['half an answer', { status: 200, body: Buffer.from('{"sha": "aaa') }],
    [
      'an answer that is cut off',
      {
        status: 200,
        headers: { 'content-length': '9999' },
        body: Buffer.from('{"sha": "aaa"'),
      },
    ],
    [
      'bytes',
      {
        status: 200,
        headers: { 'content-type': 'application/octet-stream' },
        body: Buffer.from([0, 1, 2]),
      },
    ],
    ['nothing', { status: 200, body: Buffer.alloc(0) }],
  ])('that are answered with %s', (_, answer) => {
    it.each<[call: string, run: (client: InfraRepository) => Promise<unknown>]>(
      [
        ['the head', client => client.head()],
        ['a revision', client => client.resolve('main')],
        ['a tree', client => client.tree(SHA, { recursive: true })],
        ['a content', client => client.blob(SHA)],
        ['the archive', client => client.archive(SHA, () => true)],
        ['a comparison', client => client.compare(SHA, OTHER)],
        ['the paths of a commit', client => client.commitPaths(SHA)],
        ['a pull request', client => client.pullRequest(1)],
        ['a search for a pull request', client => client.findPullRequest('b')],
      ],
    )('make %s unknown, not wrong', async (__, run) => {
      const client = server.client();
      server.intercept = request => {
        if (answer.headers?.['content-length']) {
          // After what there is of it.
          setTimeout(() => request.socket.destroy(), 20);
        }
        return answer;
      };
      await expect(run(client)).rejects.toMatchObject({
        name: 'ServiceUnavailableError',
        message: expect.stringMatching(/^GitHub (did not answer|failed \(5)/),
      });
    });
  });

  it('are counted for all repositories of the same token together', async () => {
    const rateLimits = new RateLimits();
    const [one, other] = [
      server.client({ rateLimits }),
      server.client({ rateLimits }),
    ];
    expect(one.rateLimit).toBeUndefined();
    const reset = Math.floor(Date.now() / 1000) + 1_800;
    server.headers = {
      'x-ratelimit-limit': '5000',
      'x-ratelimit-remaining': '100',
      'x-ratelimit-reset': `${reset}`,
      'x-ratelimit-resource': 'core',
    };
    await one.head();
    expect(one.rateLimit).toEqual({
      limit: 5_000,
      remaining: 100,
      resetAt: new Date(reset * 1000),
    });
    expect(one.pollDelayMs(20_000)).toBeGreaterThan(80_000);
    server.headers = {};
    await other.head();
    expect(other.rateLimit).toEqual(one.rateLimit);
  });

  it('are told of by route and status, and only those that were sent', async () => {
    const told: GithubRequest[] = [];
    const client = server.client({ onRequest: request => told.push(request) });
    await client.head();
    await client.head();
    await client.resolve('nowhere').catch(() => {});
    server.intercept = request => {
      request.socket.destroy();
    };
    await client.blob(SHA).catch(() => {});
    server.intercept = () => limited({ headers: { 'retry-after': '45' } });
    await client.compare('main', 'main').catch(() => {});
    await client.compare('main', 'main').catch(() => {});
    const ref = 'GET /repos/{owner}/{repo}/git/ref/{ref}';
    expect(told).toEqual([
      { operation: ref, status: 200 },
      { operation: ref, status: 304 },
      { operation: 'GET /repos/{owner}/{repo}/commits/{ref}', status: 422 },
      {
        operation: 'GET /repos/{owner}/{repo}/git/blobs/{file_sha}',
        status: undefined,
      },
      {
        operation: 'GET /repos/{owner}/{repo}/compare/{basehead}',
        status: 403,
      },
    ]);
  });

  it('that write are sent one after the other, while reads go on', async () => {
    const log: string[] = [];
    let readArrived = () => {};
    const reads = new Promise<void>(resolve => {
      readArrived = resolve;
    });
    server.intercept = async request => {
      if (request.method !== 'POST') {
        readArrived();
        return undefined;
      }
      log.push('write arrives');
      await reads;
      // Time for whatever else is on its way to arrive.
      await new Promise(resolve => setTimeout(resolve, 50));
      log.push('write is answered');
      return { status: 201, json: { ref: 'refs/heads/b', object: {} } };
    };
    const rateLimits = new RateLimits();
    const [one, other] = [
      server.client({ rateLimits }),
      server.client({ rateLimits }),
    ];
    await Promise.all([
      one.createBranch('b', SHA),
      other.createBranch('c', OTHER),
      one.head(),
    ]);
    expect(log).toEqual([
      'write arrives',
      'write is answered',
      'write arrives',
      'write is answered',
    ]);
  });

  it('that write and are refused hold back those that follow', async () => {
    server.intercept = () => limited({ headers: { 'retry-after': '45' } });
    const client = server.client();
    const writes = await Promise.allSettled(
      ['a', 'b', 'c'].map(branch => client.createBranch(branch, SHA)),
    );
    expect(writes.map(({ status }) => status)).toEqual([
      'rejected',
      'rejected',
      'rejected',
    ]);
    expect(server.requests).toHaveLength(1);
  });
});
