import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { generateLoad, percentile } from './load';
import { timeByPackage } from './profile';

describe('load', () => {
  let server: Server;
  let url: string;
  let status = 200;
  const asked = new Set<string | undefined>();
  const sockets = new Set<object>();

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.add(request.url);
      sockets.add(request.socket);
      response.statusCode = status;
      response.end('an answer');
    });
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => server.close());

  const short = { warmUpMs: 10, durationMs: 50 };

  it('comes by as many connections as there are clients, and is spread over the addresses', async () => {
    const load = await generateLoad({
      ...short,
      urls: [`${url}/1`, `${url}/2`, `${url}/3`],
      clients: 2,
    });
    expect(load).toMatchObject({ clients: 2 });
    expect(load.requests).toBeGreaterThan(0);
    expect(load.p99Ms).toBeGreaterThanOrEqual(load.p50Ms);
    expect([...asked].sort()).toEqual(['/1', '/2', '/3']);
    expect(sockets.size).toBe(2);
  });

  it('does not take a refusal for a quick answer', async () => {
    status = 401;
    await expect(
      generateLoad({ ...short, urls: [url], clients: 1 }),
    ).rejects.toThrow('answered 401');
  });
});

describe('percentile', () => {
  it.each([
    [[4, 1, 3, 2], 0.5, 2],
    [[4, 1, 3, 2], 0.99, 4],
    [[7], 0.5, 7],
    [[], 0.5, NaN],
  ])('of %j at %d is %d', (values, share, expected) => {
    expect(percentile(values, share)).toBe(expected);
  });
});

describe('time by package', () => {
  it('counts what Node.js does for a package as the package’s, and idling not at all', () => {
    const frame = (functionName: string, url = '') => ({ functionName, url });
    expect(
      timeByPackage({
        nodes: [
          { id: 1, callFrame: frame('(root)'), children: [2, 4, 5] },
          {
            id: 2,
            callFrame: frame('sign', 'file:///w/node_modules/jose/sign.js'),
            children: [3],
          },
          { id: 3, callFrame: frame('signOneShot', 'node:internal/crypto') },
          { id: 4, callFrame: frame('(idle)') },
          {
            id: 5,
            callFrame: frame(
              'describe',
              'file:///w/plugins/gitops-backend/dist/ReadModel.cjs.js',
            ),
            children: [6],
          },
          {
            id: 6,
            callFrame: frame(
              'parse',
              '/w/node_modules/a/node_modules/@b/c/d.js',
            ),
          },
        ],
        samples: [2, 3, 4, 5, 6],
        timeDeltas: [10, 30, 1000, 40, 20],
      }),
    ).toEqual([
      { name: 'jose', share: 0.4 },
      { name: 'plugins/gitops-backend', share: 0.4 },
      { name: '@b/c', share: 0.2 },
    ]);
  });
});
