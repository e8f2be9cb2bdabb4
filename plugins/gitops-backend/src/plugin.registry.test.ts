import { eventually } from '@gitops-infra/sandbox';
import { registerBackendSuite } from './__testUtils__/backendSuite';
import { ENTITY, LOCAL, REQUEST, STAGE } from './__testUtils__/gitopsBackend';

// Upstreams are followed in real time.
jest.setTimeout(60_000);

describe('with a registry that is asked', () => {
  const suite = registerBackendSuite();
  const { environments, get, post, stage } = suite;

  const restart = async (url: string, config: object = {}) => {
    await suite.restart({
      registries: [{ host: 'localhost:5001', url }],
      ...config,
    });
  };

  it('a version that it lacks is not promoted, and says so before anything is opened', async () => {
    suite.sandbox.removeTag('demo', '1.4.2');
    await restart(suite.sandbox.urls.registry);
    const { step, findings } = await eventually(
      stage,
      environment => environment?.step?.blockedBy.length === 1,
    );
    expect(step?.blockedBy).toMatchObject([
      {
        code: 'tag-missing',
        severity: 'error',
        what: 'The registry does not have localhost:5001/demo:1.4.2.',
        where: { path: STAGE },
      },
    ]);
    // What stage pins today is there.
    expect(findings).toEqual([]);
    const { registries } = (await get('/api/gitops/status')).body;
    expect(registries).toEqual([
      {
        host: 'localhost:5001',
        images: 2,
        unknown: 0,
        readAt: expect.any(String),
        lagSeconds: expect.any(Number),
        stale: false,
      },
    ]);
    const preview = await post(`${ENTITY}/promotions/preview`, REQUEST);
    expect(preview.body.plan).toMatchObject({
      findings: [{ code: 'tag-missing', severity: 'error' }],
      gates: expect.arrayContaining([
        expect.objectContaining({ id: 'tag-exists', blocks: true }),
      ]),
    });
    expect(preview.body.override).toBeUndefined();
    const refused = await post(`${ENTITY}/promotions`, REQUEST);
    expect(refused.status).toBe(409);
    expect(refused.body.error.message).toContain(
      'localhost:5001/demo:1.4.2 is not there',
    );
    await expect(suite.sandbox.pulls()).resolves.toEqual([]);
    await expect(suite.sandbox.head()).resolves.toBe(
      (
        await environments()
      ).repository.head,
    );
    // Local pins it.
    expect((await environments()).environments[0].findings).toMatchObject([
      { code: 'tag-missing', where: { path: LOCAL } },
    ]);
  });

  it('a version that it lacks is promoted by whom the policy names, with a reason', async () => {
    suite.sandbox.removeTag('demo', '1.4.2');
    await restart(suite.sandbox.urls.registry, {
      promotions: {
        policy: { overrides: { groups: ['user:default/guest'] } },
      },
    });
    await eventually(
      stage,
      environment => environment?.step?.blockedBy.length === 1,
    );
    const reason = 'Its build is about to be pushed.';
    const opened = await post(`${ENTITY}/promotions`, {
      ...REQUEST,
      override: { gates: ['tag-exists'], reason },
    });
    expect([opened.status, opened.body.error?.message]).toEqual([
      201,
      undefined,
    ]);
    const [pull] = await suite.sandbox.pulls();
    expect(pull.body).toContain(reason);
  });

  it('is asked at once for a version that a person names', async () => {
    await restart(suite.sandbox.urls.registry);
    await eventually(stage, environment => environment !== undefined);
    const named = { version: '9.9.9', to: 'stage' };
    const { body } = await post(`${ENTITY}/promotions/preview`, named);
    expect(body.plan.findings).toMatchObject([
      {
        code: 'tag-missing',
        severity: 'error',
        what: 'The registry does not have localhost:5001/demo:9.9.9.',
      },
    ]);
    expect((await post(`${ENTITY}/promotions`, named)).status).toBe(409);
    await expect(suite.sandbox.pulls()).resolves.toEqual([]);
  });

  it('what is pinned anew is looked for at once', async () => {
    await restart(suite.sandbox.urls.registry);
    const text = (await suite.sandbox.readFile(STAGE))!;
    await suite.sandbox.commit(
      { [STAGE]: text.replace('"1.4.1"', '"9.9.9"') },
      'Pin what is not built',
    );
    const { findings } = await eventually(stage, environment =>
      environment?.findings.some(({ code }) => code === 'tag-missing'),
    );
    expect(findings).toContainEqual(
      expect.objectContaining({
        code: 'tag-missing',
        what: 'The registry does not have localhost:5001/demo:9.9.9.',
      }),
    );
  });

  it('tells which commits a version was built from, and the pull request lists them', async () => {
    await restart(suite.sandbox.urls.registry);
    const { applicationCommits } = await eventually(
      async () =>
        (
          await post(`${ENTITY}/promotions/preview`, REQUEST)
        ).body.plan,
      // What is pinned today is looked for in the background.
      plan => plan?.applicationCommits[0]?.added !== undefined,
    );
    const application = `${suite.sandbox.urls.github}/demo/demo`;
    expect(applicationCommits).toMatchObject([
      {
        name: 'demo',
        url: expect.stringContaining(`${application}/compare/`),
        added: {
          count: 3,
          commits: [
            { url: expect.stringContaining(`${application}/commit/`) },
            {},
            {},
          ],
        },
      },
    ]);
    await post(`${ENTITY}/promotions`, REQUEST);
    const [{ body }] = await suite.sandbox.pulls();
    expect(body).toContain('`demo` gains 3 commits');
    for (const { title, url } of applicationCommits[0].added.commits) {
      expect(body).toContain(`](${url}) \`${title}\``);
      expect(
        (await fetch(url, { headers: { accept: 'text/html' } })).status,
      ).toBe(200);
    }
  });

  it('that is down blocks nothing, and says so', async () => {
    // A port that nobody may listen on.
    await restart('http://127.0.0.1:1');
    const { findings, step } = await eventually(
      stage,
      environment => environment?.findings.length === 1,
    );
    expect(findings).toMatchObject([
      {
        code: 'tag-missing',
        severity: 'info',
        what: 'Whether the registry has localhost:5001/demo:1.4.1 could not be checked.',
        why: expect.stringContaining('localhost:5001 does not answer'),
      },
    ]);
    expect(step?.blockedBy).toEqual([]);
    const { status } = await post(`${ENTITY}/promotions`, REQUEST);
    expect(status).toBe(201);
  });
});
