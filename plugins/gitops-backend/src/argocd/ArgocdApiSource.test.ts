import { eventually } from '../__testUtils__/eventually';
import { application, ScriptedArgocd } from '../__testUtils__/ScriptedUpstream';

const NOW = new AbortController().signal;

describe('ArgocdApiSource', () => {
  let argocd: ScriptedArgocd;

  beforeEach(() => {
    argocd = new ScriptedArgocd();
  });

  afterEach(async () => {
    await argocd.stop();
  });

  const queryOf = (url: string) => new URL(url, 'http://x').searchParams;

  async function openStream(source: ReturnType<typeof argocd.source>) {
    const stop = new AbortController();
    const events: string[] = [];
    const running = (async () => {
      for await (const event of source.watch(
        { applications: [] },
        stop.signal,
      )) {
        events.push(event ? `${event.type} ${event.application.name}` : '-');
      }
    })();
    await eventually(() => expect(argocd.streams).toHaveLength(1));
    return {
      events,
      stop: async () => {
        stop.abort();
        await running;
      },
    };
  }

  it('asks list and stream for the Applications that the configuration names, and checks what comes back', async () => {
    argocd.config = {
      projects: ['web', 'shop'],
      selector: 'app in (a,b)',
      appNamespace: 'team',
    };
    const source = argocd.source(await argocd.start());
    const fits = { project: 'web', labels: { app: 'a' }, namespace: 'team' };
    // As a proxy that drops queries would have it.
    argocd.applications = [
      application('fits', fits),
      application('other-project', { ...fits, project: 'default' }),
      application('other-label', { ...fits, labels: { app: 'c' } }),
      application('other-namespace', { ...fits, namespace: 'argocd' }),
    ];
    const { applications } = await source.list(NOW);
    expect(applications.map(({ name }) => name)).toEqual(['fits']);

    const stream = await openStream(source);
    argocd.applications.forEach(item => argocd.send('ADDED', item));
    await eventually(() => expect(stream.events).toHaveLength(4));
    expect(stream.events).toEqual(['ADDED fits', '-', '-', '-']);
    await stream.stop();

    for (const url of [...argocd.lists, ...argocd.watches]) {
      const query = queryOf(url);
      expect(query.getAll('projects')).toEqual(['web', 'shop']);
      expect(query.get('selector')).toBe('app in (a,b)');
      expect(query.get('appNamespace')).toBe('team');
    }
    expect(queryOf(argocd.lists[0]).has('fields')).toBe(false);
    expect(queryOf(argocd.watches[0]).get('fields')).toContain(
      'result.application.metadata.labels',
    );
  });

  it('works under a path, and closes', async () => {
    const seen: (string | undefined)[] = [];
    argocd.fault = (request, response) => {
      seen.push(request.url);
      response.end('{"items":[],"nodes":[]}');
      return true;
    };
    const source = argocd.source(`${await argocd.start()}/argocd`);
    await source.list(NOW);
    const [status] = [application('a b')].map(({ metadata }) => metadata);
    await source.troubles(status as never, NOW);
    expect(await source.podImages(status as never, NOW)).toEqual({
      running: [],
      ended: [],
      onlyCronJobs: false,
    });
    expect(seen).toEqual([
      '/argocd/api/v1/applications',
      '/argocd/api/v1/applications/a%20b/resource-tree?appNamespace=argocd',
      '/argocd/api/v1/applications/a%20b/resource-tree?appNamespace=argocd',
    ]);
    await source.close();
  });

  it.each([
    ['is empty', ''],
    ['is blank', '  '],
    ['has two words', 'secret words'],
    ['has two lines', 'secret\nlines'],
    ['has other letters', 'secret-gr\u00fc\u00df'],
  ])(
    'says of a token that %s that it is none, and does not repeat it',
    async (_, token) => {
      argocd.sourceToken = token;
      const source = argocd.source(await argocd.start());
      const failure = await source.list(NOW).catch(error => error);
      expect(failure.message).toContain('is no token');
      expect(failure.stack).not.toContain('secret');
    },
  );

  it('takes a token with a line end, as a file has it', async () => {
    argocd.sourceToken = 'token\n';
    argocd.applications = [application('local')];
    const source = argocd.source(await argocd.start());
    expect((await source.list(NOW)).applications).toHaveLength(1);
  });

  it.each([
    [403, undefined, 'or a proxy before it, does not let'],
    [404, { message: 'Not Found', code: 5 }, 'correct gitops.argocd[].url'],
    [503, { message: 'upstream away' }, 'answered 503: upstream away'],
    [500, { message: 'x'.repeat(10_000) }, /answered 500: x{300}$/],
    [500, { error: 'broken' }, 'answered 500: broken'],
    [500, 'broken', 'answered 500'],
  ])('says what to do about %s %j', async (status, body, says) => {
    argocd.fault = (_, response) => {
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(body && JSON.stringify(body));
      return true;
    };
    const source = argocd.source(await argocd.start());
    await expect(source.list(NOW)).rejects.toThrow(says);
  });

  it('lists thousands of Applications', async () => {
    argocd.applications = Array.from({ length: 3_000 }, (_, index) =>
      application(`demo-${index}`),
    );
    const source = argocd.source(await argocd.start());
    const { applications } = await source.list(NOW);
    expect(applications).toHaveLength(3_000);
    expect(applications[2_999].name).toBe('demo-2999');
    expect(JSON.stringify(applications).length / 3_000).toBeLessThan(2_000);
  });
});
