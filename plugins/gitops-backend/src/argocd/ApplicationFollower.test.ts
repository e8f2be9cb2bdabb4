import { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { mockServices } from '@backstage/backend-test-utils';
import {
  LOOPBACK_CERTIFICATE,
  PRIVATE_CA,
} from '@gitops-infra/registry-client/testUtils';
import { eventually } from '../__testUtils__/eventually';
import { KeptApplications } from '../__testUtils__/KeptApplications';
import {
  application,
  ScriptedArgocd,
  ScriptedKubernetes,
  sendJson,
} from '../__testUtils__/ScriptedUpstream';
import { ApplicationFollower } from './ApplicationFollower';
import { ApplicationSource } from './ApplicationSource';

// A minute at most passes where something is wrong; nothing here waits for time to pass otherwise.
jest.setTimeout(60_000);

const MANY_MS = 3_600_000;

describe.each([
  ['the API', ScriptedArgocd],
  ['Kubernetes', ScriptedKubernetes],
])('ApplicationFollower over %s', (transport, Upstream) => {
  const isApi = transport === 'the API';
  let upstream: ScriptedArgocd | ScriptedKubernetes;
  let kept: KeptApplications;
  let source: ApplicationSource;
  let stop: AbortController;
  let running: Promise<void>;

  async function follow(
    options: {
      resyncMs?: number;
      idleLimitMs?: number;
      backoffMinMs?: number;
    } = {},
    tls?: { cert: string; key: string },
  ) {
    source = upstream.source(await upstream.start(tls));
    running = new ApplicationFollower({
      source,
      sink: kept,
      resyncMs: MANY_MS,
      idleLimitMs: MANY_MS,
      backoffMinMs: 20,
      logger: mockServices.logger.mock(),
      ...options,
    }).run(stop.signal);
  }

  const isWatching = () =>
    eventually(() => expect(upstream.streams).toHaveLength(1));
  const healthOf = (name: string) => kept.get(name)?.health.status;

  beforeEach(() => {
    upstream = new Upstream();
    kept = new KeptApplications();
    stop = new AbortController();
  });

  afterEach(async () => {
    stop.abort();
    await running;
    await source.close();
    await upstream.stop();
  });

  it('lists, then takes over what the stream reports', async () => {
    upstream.applications = [application('local'), application('stage')];
    await follow();
    await isWatching();
    expect(kept.names).toEqual(['local', 'stage']);

    upstream.send('MODIFIED', application('stage', { health: 'Suspended' }));
    upstream.send('ADDED', application('prod'));
    upstream.send('DELETED', application('local'));
    await eventually(() => expect(kept.names).toEqual(['stage', 'prod']));
    expect(healthOf('stage')).toBe('Suspended');
    expect(kept.failures).toEqual([]);
  });

  it('tells nothing new of a stream that repeats unchanged MODIFIED events', async () => {
    upstream.applications = [application('local', { health: 'Degraded' })];
    await follow();
    await eventually(() => expect(kept.get('local')?.troubles).toHaveLength(1));
    await isWatching();
    const { length } = kept.changes;
    const trees = upstream.trees.length;
    for (let minute = 10; minute < 40; minute++) {
      upstream.send(
        'MODIFIED',
        application('local', {
          health: 'Degraded',
          reconciledAt: `2026-11-24T00:${minute}:00Z`,
        }),
      );
    }
    await eventually(() =>
      expect(kept.get('local')?.reconciledAt).toBe('2026-11-24T00:39:00Z'),
    );
    expect(kept.changes).toHaveLength(length);
    expect(upstream.trees).toHaveLength(trees);
  });

  it('takes a line in pieces, cut within a character, for one line', async () => {
    upstream.applications = [application('local')];
    await follow();
    await isWatching();
    const changed = application('local', { health: 'Suspended' });
    Object.assign(changed.status, {
      conditions: [{ type: 'X', message: 'größer' }],
    });
    const line = Buffer.from(upstream.line('MODIFIED', changed));
    const cut = line.indexOf('ö') + 1;
    upstream.streams[0].write(line.subarray(0, cut));
    await sleep(50);
    expect(healthOf('local')).toBe('Healthy');
    upstream.streams[0].write(line.subarray(cut));
    await eventually(() => expect(healthOf('local')).toBe('Suspended'));
    expect(kept.get('local')?.conditions[0].message).toBe('größer');
  });

  it('lists again after the resync interval and drops what is gone, though the stream goes on', async () => {
    upstream.applications = [application('local'), application('stage')];
    await follow({ resyncMs: 300 });
    await eventually(() => expect(kept.names).toEqual(['local', 'stage']));
    const chatter = setInterval(
      () => upstream.send('MODIFIED', application('stage')),
      20,
    );
    upstream.applications = [application('stage')];
    await eventually(() => expect(kept.names).toEqual(['stage']));
    clearInterval(chatter);
    expect(kept.failures).toEqual([]);
  });

  it('lists again when the stream stays silent for the idle limit', async () => {
    upstream.applications = [application('local')];
    await follow({ idleLimitMs: 200 });
    await isWatching();
    upstream.applications = [application('local', { health: 'Suspended' })];
    await eventually(() => expect(healthOf('local')).toBe('Suspended'));
    expect(kept.failures).toEqual([]);
  });

  it('does not list again while the stream says something within the idle limit', async () => {
    upstream.applications = [application('local')];
    await follow({ idleLimitMs: 1_000 });
    await isWatching();
    for (let at = 0; at < 30; at++) {
      upstream.send('MODIFIED', application('local'));
      await sleep(50);
    }
    expect(upstream.lists).toHaveLength(1);
  });

  it('lists again even when garbage is collected while the stream is silent', async () => {
    // What fetch hangs its own abort handling on does not survive a collection.
    setFlagsFromString('--expose_gc');
    const collectGarbage: () => void = runInNewContext('gc');
    upstream.applications = [application('local')];
    await follow({ idleLimitMs: 300 });
    await isWatching();
    collectGarbage();
    await sleep(50);
    collectGarbage();
    await eventually(() => expect(upstream.lists.length).toBeGreaterThan(2));
  });

  const half = () =>
    upstream.line('MODIFIED', application('local')).slice(0, 40);

  it.each<[string, (stream: ServerResponse) => void]>([
    ['resets the connection', stream => stream.socket?.resetAndDestroy()],
    [
      'resets the connection in the middle of a line',
      stream => {
        stream.write(half());
        setTimeout(() => stream.socket?.resetAndDestroy(), 20);
      },
    ],
    ['ends the stream', stream => stream.end()],
    ['ends the stream in the middle of a line', stream => stream.end(half())],
    ['sends garbage', stream => stream.write('<html>\n')],
    [
      'sends bytes that are no text',
      stream => stream.write(Buffer.from([0xff, 0xfe, 0x0a])),
    ],
    ['sends an empty object and ends', stream => stream.end('{}\n')],
    ['sends a number', stream => stream.end('5\nnull\n[]\n')],
    [
      'reports an error',
      stream =>
        stream.write(
          isApi
            ? '{"error":{"message":"context canceled"}}\n'
            : '{"type":"ERROR","object":{"kind":"Status","code":500,"message":"etcd"}}\n',
        ),
    ],
  ])('goes on from a new list when the server %s', async (_, fault) => {
    upstream.applications = [application('local')];
    await follow();
    await isWatching();
    upstream.send('MODIFIED', application('local'));
    await eventually(() => expect(kept.told).toContain('MODIFIED local'));
    upstream.applications = [application('local', { health: 'Suspended' })];
    fault(upstream.streams[0]);
    await eventually(() => expect(healthOf('local')).toBe('Suspended'));
    await eventually(() => expect(upstream.streams).toHaveLength(1));
    // A watch that worked and broke is no news, as the next list succeeds.
    expect(kept.failures).toEqual([]);
  });

  it('asks a server that ends every stream at once more and more seldom', async () => {
    upstream.applications = [application('local')];
    upstream.fault = (request, response) => {
      const isWatch = /stream|watch/.test(request.url ?? '');
      if (isWatch) {
        response.writeHead(200, { 'content-type': 'application/json' }).end();
      }
      return isWatch;
    };
    await follow({ backoffMinMs: 100 });
    // Pauses of at least 50, 100, 200, 400, 800 ms.
    await sleep(1_000);
    expect(upstream.lists.length).toBeGreaterThan(1);
    expect(upstream.lists.length).toBeLessThan(7);
    expect(kept.failures).toEqual([]);
  });

  it('says so when the stream is refused, and shows at least the list', async () => {
    upstream.applications = [application('local')];
    upstream.fault = (request, response) => {
      const isWatch = /stream|watch/.test(request.url ?? '');
      if (isWatch) {
        sendJson(response, 403, { message: 'no streams here' });
      }
      return isWatch;
    };
    await follow();
    await eventually(() => expect(kept.failures.length).toBeGreaterThan(0));
    expect(kept.failures[0]).toContain('(403)');
    expect(kept.names).toEqual(['local']);
  });

  it('does not swallow a line without an end', async () => {
    upstream.applications = [application('local')];
    await follow();
    await isWatching();
    const [stream] = upstream.streams;
    for (let mebibyte = 0; mebibyte < 17; mebibyte++) {
      stream.write('x'.repeat(1024 * 1024));
    }
    upstream.applications = [application('stage')];
    await eventually(() => expect(kept.names).toEqual(['stage']));
    await eventually(() => expect(upstream.streams).not.toContain(stream));
  });

  it('keeps the last known state through 500s, says what they say, and recovers by itself', async () => {
    upstream.applications = [application('local')];
    await follow();
    await isWatching();
    upstream.fault = (_, response) => {
      sendJson(response, 500, { message: 'the database is on fire', code: 2 });
      return true;
    };
    upstream.streams[0].destroy();
    await eventually(() =>
      expect(kept.failures).toContainEqual(
        expect.stringMatching(
          /^Argo CD main.* answered 500: the database is on fire$/,
        ),
      ),
    );
    expect(kept.names).toEqual(['local']);

    upstream.applications = [application('local'), application('stage')];
    upstream.fault = undefined;
    await eventually(() => expect(kept.names).toEqual(['local', 'stage']));
    await isWatching();
  });

  it.each<[string, RegExp, (response: ServerResponse) => void]>([
    [
      'a page of a proxy',
      /answered with text\/html and not with JSON; (correct gitops.argocd\[\].url|check that)/,
      response =>
        response
          .writeHead(200, { 'content-type': 'text/html' })
          .end('<html>Sign in</html>'),
    ],
    [
      'a page of a proxy that calls itself JSON',
      /sent what cannot be read: the answer is not a whole list in JSON/,
      response =>
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end('<html>Sign in</html>'),
    ],
    [
      'half a list',
      /sent what cannot be read: the answer is not a whole list in JSON/,
      response =>
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end('{"metadata":{},"items":[{"metadata":{"name":"x"'),
    ],
    [
      'something that is no list',
      /sent what cannot be read: the answer is not a whole list in JSON/,
      response => sendJson(response, 200, { hello: 'world' }),
    ],
    [
      'a redirect to a page to sign in',
      /redirects, perhaps to a page to sign in; /,
      response => response.writeHead(302, { location: '/login' }).end(),
    ],
    [
      'a page with an error',
      /answered 502$/,
      response =>
        response
          .writeHead(502, { 'content-type': 'text/html' })
          .end('<html>Bad gateway</html>'),
    ],
    [
      'an error that repeats the secret',
      /answered 500: what of \*\*\*\?$/,
      response => sendJson(response, 500, { message: 'what of token?' }),
    ],
    [
      'a reset',
      /does not answer \(.*ECONNRESET/,
      response => response.socket?.resetAndDestroy(),
    ],
    [
      'half an answer',
      /does not answer/,
      response => {
        response.writeHead(200, {
          'content-type': 'application/json',
          'content-length': '500',
        });
        response.write('{"items":[');
        setTimeout(() => response.destroy(), 20);
      },
    ],
  ])('loses nothing when a list is answered by %s', async (_, says, answer) => {
    upstream.applications = [application('local')];
    await follow();
    await isWatching();
    upstream.fault = (__, response) => {
      answer(response);
      return true;
    };
    upstream.streams[0].destroy();
    await eventually(() =>
      expect(kept.failures).toContainEqual(expect.stringMatching(says)),
    );
    expect(kept.failures.join()).not.toContain('token');
    expect(kept.failures[0]).toMatch(/^Argo CD main/);
    expect(kept.names).toEqual(['local']);
    upstream.fault = undefined;
    await isWatching();
  });

  it('notices at once when an instance that was away is there again', async () => {
    upstream.applications = [application('local')];
    upstream.fault = (_, response) => {
      response.socket?.destroy();
      return true;
    };
    await follow();
    await eventually(() => expect(kept.failures.length).toBeGreaterThan(0));
    expect(kept.failures[0]).toContain('does not answer');
    upstream.fault = undefined;
    await eventually(() => expect(kept.names).toEqual(['local']));
  });

  it('says so while the token is refused, and follows once it is another', async () => {
    upstream.applications = [application('local')];
    upstream.sourceToken = 'a-secret-that-expired';
    await follow();
    await eventually(() => expect(kept.failures.length).toBeGreaterThan(0));
    expect(kept.failures[0]).toBe(
      isApi
        ? 'Argo CD main refuses the token (401); give a valid one in gitops.argocd'
        : 'Argo CD main (cluster production): the Kubernetes plugin refuses requests of this plugin (401); check backend.auth',
    );
    upstream.sourceToken = 'token';
    await eventually(() => expect(kept.names).toEqual(['local']));
    await isWatching();

    // Rotated while a stream is open: what is open goes on, the next request carries the new one.
    upstream.token = 'rotated';
    upstream.sourceToken = 'rotated';
    upstream.applications = [application('stage')];
    upstream.streams[0].end();
    await eventually(() => expect(kept.names).toEqual(['stage']));
  });

  it('follows on while the clock jumps back and forth', async () => {
    jest.useFakeTimers({
      now: Date.parse('2026-11-24T00:00:00Z'),
      doNotFake: [
        'hrtime',
        'nextTick',
        'performance',
        'queueMicrotask',
        'setImmediate',
        'clearImmediate',
        'setInterval',
        'clearInterval',
        'setTimeout',
        'clearTimeout',
      ],
    });
    try {
      upstream.applications = [application('local')];
      await follow({ idleLimitMs: 200 });
      await isWatching();
      const followsAt = async (date: string) => {
        jest.setSystemTime(Date.parse(date));
        const lists = upstream.lists.length;
        await isWatching();
        upstream.send('MODIFIED', application('local', { project: date }));
        await eventually(() => expect(kept.get('local')?.project).toBe(date));
        await eventually(() =>
          expect(upstream.lists.length).toBeGreaterThan(lists),
        );
      };
      await followsAt('1970-01-01');
      await followsAt('2099-01-01');
      await followsAt('2026-01-01');
      expect(kept.failures).toEqual([]);
    } finally {
      jest.useRealTimers();
    }
  });

  it('lists again when what it tells cannot be kept', async () => {
    upstream.applications = [application('local')];
    kept.failing = 2;
    await follow();
    await eventually(() => expect(kept.names).toEqual(['local']));
    await isWatching();

    kept.failing = 1;
    upstream.applications = [application('local', { health: 'Suspended' })];
    upstream.send('MODIFIED', upstream.applications[0]);
    await eventually(() => expect(healthOf('local')).toBe('Suspended'));
    expect(kept.failures).toContain('the database is away');
  });

  it('asks about pods only of what is not Healthy, and tells when it knows', async () => {
    upstream.applications = [
      application('local'),
      application('stage', { health: 'Degraded' }),
      application('prod', { health: 'Suspended' }),
    ];
    await follow();
    await eventually(() =>
      expect(kept.get('stage')?.troubles).toEqual([
        {
          kind: 'Pod',
          name: 'stage-abc-1',
          reason: 'ImagePullBackOff',
          message: 'Back-off pulling image',
          images: ['localhost:5001/demo:9.9.9'],
          owner: 'ReplicaSet',
        },
      ]),
    );
    expect(upstream.trees.filter(path => !path.includes('stage'))).toEqual([]);

    upstream.send('MODIFIED', application('stage'));
    await eventually(() => expect(healthOf('stage')).toBe('Healthy'));
    expect(kept.get('stage')?.troubles).toEqual([]);
  });

  it('goes on with what is told while an answer about pods does not come', async () => {
    upstream.onTree = () => {};
    upstream.applications = ['a', 'b', 'c', 'd', 'e'].map(name =>
      application(name, { health: 'Degraded' }),
    );
    await follow();
    await isWatching();
    expect(kept.names).toHaveLength(5);
    upstream.send('MODIFIED', application('a', { health: 'Missing' }));
    upstream.send('MODIFIED', application('b'));
    upstream.send('ADDED', application('f'));
    await eventually(() => expect(kept.names).toHaveLength(6));
    expect([healthOf('a'), healthOf('b')]).toEqual(['Missing', 'Healthy']);
  });

  it('never puts a late answer about pods over a newer event', async () => {
    const answers: (() => void)[] = [];
    upstream.onTree = (_, answer) => answers.push(() => answer('Pending'));
    upstream.applications = [
      application('a', { health: 'Degraded' }),
      application('b', { health: 'Degraded' }),
    ];
    await follow();
    await isWatching();
    await eventually(() => expect(answers).toHaveLength(2));
    upstream.applications = [application('a'), application('b')];
    upstream.send('MODIFIED', application('a'));
    upstream.send('DELETED', application('b'));
    await eventually(() => expect(kept.names).toEqual(['a']));
    answers.forEach(answer => answer());
    upstream.send('ADDED', application('c'));
    await eventually(() => expect(kept.names).toEqual(['a', 'c']));
    await sleep(100);
    expect(kept.names).toEqual(['a', 'c']);
    expect(kept.get('a')).toMatchObject({
      health: { status: 'Healthy' },
      troubles: [],
    });
  });

  it('returns when it is stopped, and tells nothing after it', async () => {
    upstream.applications = [application('local')];
    await follow();
    await isWatching();
    stop.abort();
    await running;
    const told = [...kept.told];
    upstream.send('MODIFIED', application('local', { health: 'Suspended' }));
    await sleep(50);
    expect(kept.told).toEqual(told);
    await eventually(() => expect(upstream.streams).toEqual([]));
  });

  if (isApi) {
    it('takes a list without rights for an empty one', async () => {
      upstream.applications = null;
      await follow();
      await isWatching();
      expect(kept.told).toEqual(['list of 0']);
    });

    it('trusts the private CA of the configuration, and only where it is given', async () => {
      upstream.applications = [application('local')];
      (upstream as ScriptedArgocd).config = { ca: PRIVATE_CA };
      await follow({}, LOOPBACK_CERTIFICATE);
      await isWatching();
      upstream.send('ADDED', application('stage'));
      await eventually(() => expect(kept.names).toEqual(['local', 'stage']));
    });

    it('says what to do about a certificate that is not trusted', async () => {
      await follow({}, LOOPBACK_CERTIFICATE);
      await eventually(() => expect(kept.failures.length).toBeGreaterThan(0));
      expect(kept.failures[0]).toMatch(
        /^Argo CD main has a certificate that is not trusted \(\w+\); give its CA in gitops.argocd\[\].ca$/,
      );
    });
  } else {
    it('takes a bookmark for a sign of life', async () => {
      upstream.applications = [application('local')];
      await follow();
      await isWatching();
      upstream.write(
        '{"type":"BOOKMARK","object":{"kind":"Application","metadata":{"resourceVersion":"200"}}}\n',
      );
      await eventually(() => expect(kept.told).toContain('heard'));
      expect(kept.names).toEqual(['local']);
    });
  }
});

describe('ApplicationFollower, in hours of silence', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('lists once per idle limit, and no more', async () => {
    let lists = 0;
    const source: ApplicationSource = {
      name: 'main',
      list: async () => {
        lists++;
        return { applications: [] };
      },
      // Does not even end when it is told to.
      async *watch() {
        await new Promise(() => {});
        yield undefined;
      },
      troubles: async () => [],
      podImages: () => Promise.reject(new Error('not asked')),
      close: async () => {},
    };
    const kept = new KeptApplications();
    const stop = new AbortController();
    const running = new ApplicationFollower({
      source,
      sink: kept,
      resyncMs: 300_000,
      idleLimitMs: 60_000,
      logger: mockServices.logger.mock(),
    }).run(stop.signal);
    await jest.advanceTimersByTimeAsync(6 * 3_600_000);
    expect(lists).toBe(6 * 60 + 1);
    expect(kept.failures).toEqual([]);
    expect(jest.getTimerCount()).toBeLessThan(5);
    stop.abort();
    await running;
    expect(jest.getTimerCount()).toBe(0);
  });
});
