import { EnvironmentsResponse } from '@gitops-infra/backstage-plugin-gitops-common';
import { eventually } from '@gitops-infra/sandbox';
import { registerBackendSuite } from './__testUtils__/backendSuite';
import {
  DEMO,
  ENTITY,
  REQUEST,
  STAGE,
  component,
} from './__testUtils__/gitopsBackend';

// Upstreams are followed in real time.
jest.setTimeout(60_000);

describe('environments', () => {
  const suite = registerBackendSuite({
    entities: [
      DEMO,
      component('by-name', { 'argocd/app-name': 'demo-stage' }),
      component('by-project', { 'argocd/project-name': 'default' }),
    ],
  });
  const { environments, get, post, stage } = suite;

  it('answers again what it answered, with its age of now, and what changed at once', async () => {
    const timeless = ({
      environments: all,
      ...rest
    }: EnvironmentsResponse) => ({
      ...rest,
      environments: all.map(({ freshness: _, ...environment }) => environment),
    });
    const [first, second] = [await environments(), await environments()];
    expect(timeless(second)).toEqual(timeless(first));
    expect(Object.keys(second.environments[0].freshness)).toEqual([
      'git',
      'argocd',
    ]);
    const { body } = await post(`${ENTITY}/promotions`, REQUEST);
    await expect(stage()).resolves.toMatchObject({
      promotion: { id: body.promotion.id, state: 'open' },
    });
    suite.sandbox.setGithub({ down: true });
    await eventually(stage, ({ freshness }) => freshness.git.stale);
  });

  it('says how the following of each upstream stands', async () => {
    const status = async () => (await get('/api/gitops/status')).body;
    const head = (await suite.sandbox.head())!;
    await expect(status()).resolves.toMatchObject({
      repositories: [
        {
          url: suite.sandbox.urls.repository,
          branch: 'main',
          head,
          services: 1,
          files: 9,
          stale: false,
          lagSeconds: expect.any(Number),
        },
      ],
      argocd: [{ name: 'main', applications: 2, stale: false }],
    });
    suite.sandbox.setArgocd({ down: true });
    const [argocd] = (
      await eventually(status, answer => answer.argocd[0].error)
    ).argocd;
    expect(argocd).toMatchObject({
      name: 'main',
      applications: 2,
      stale: true,
    });
    expect(argocd.error).toContain('Argo CD main does not answer');
  });

  it('answers what is known of each environment', async () => {
    const head = (await suite.sandbox.head())!;
    const answer = await eventually(
      environments,
      ({ environments: [, it] }) =>
        [it.sync.commitsBehind, it.sync.status].join() === '0,Synced',
    );
    const url = suite.sandbox.urls.repository;
    expect(answer).toMatchObject({
      service: 'demo',
      repository: { url, slug: 'demo/gitops-infra', branch: 'main', head },
      rights: { promote: true, merge: true },
    });
    expect(answer.environments).toMatchObject([
      { name: 'local', order: 0 },
      {
        name: 'stage',
        order: 1,
        promotesFrom: 'local',
        application: {
          instance: 'main',
          namespace: 'argocd',
          name: 'demo-stage',
          url: `${suite.sandbox.urls.argocd}/applications/argocd/demo-stage`,
        },
        overlay: {
          path: 'apps/demo/overlays/stage',
          commit: head,
          url: `${url}/tree/${head}/apps/demo/overlays/stage`,
        },
        namespace: 'demo-stage',
        hosts: [
          { host: 'stage.localtest.me', url: 'http://stage.localtest.me/' },
        ],
        images: [
          {
            name: 'demo',
            image: 'localhost:5001/demo',
            desired: { tag: '1.4.1' },
            location: {
              path: STAGE,
              line: 9,
              url: `${url}/blob/${head}/${STAGE}#L9`,
            },
            live: [{ tag: '1.4.1' }],
          },
        ],
        sync: { status: 'Synced', revision: head, commitsBehind: 0 },
        health: { status: 'Healthy' },
        operation: { phase: 'Succeeded' },
        findings: [],
        step: {
          from: 'local',
          to: 'stage',
          changes: [{ before: { tag: '1.4.1' }, after: { tag: '1.4.2' } }],
          blockedBy: [],
        },
        freshness: { git: { stale: false }, argocd: { stale: false } },
      },
    ]);
    expect(answer.environments[0].step).toBeUndefined();
    expect(answer.environments[1].promotion).toBeUndefined();
  });

  it('makes no upstream call for a page view', async () => {
    suite.sandbox.setGithub({ down: true });
    suite.sandbox.setArgocd({ down: true });
    await eventually(stage, ({ freshness }) =>
      [freshness.git, freshness.argocd].every(({ stale }) => stale),
    );
    const { status, body } = await get(`${ENTITY}/environments`);
    expect(status).toBe(200);
    // The last known state, marked stale, with its age.
    expect(body.environments[1]).toMatchObject({
      images: [{ desired: { tag: '1.4.1' }, live: [{ tag: '1.4.1' }] }],
      freshness: {
        git: { readAt: expect.any(String), error: expect.any(String) },
        argocd: { readAt: expect.any(String), error: expect.any(String) },
      },
    });
    suite.sandbox.setGithub({ down: false });
    suite.sandbox.setArgocd({ down: false });
    await eventually(
      stage,
      ({ freshness }) => !freshness.git.stale && !freshness.argocd.stale,
    );
  });

  it('hears of pushes and of pull requests by webhook, long before it would look', async () => {
    await suite.restart({
      repositoryInterval: { hours: 1 },
      promotionInterval: { hours: 1 },
    });
    await eventually(
      environments,
      answer => answer.environments?.[1]?.health.status === 'Healthy',
    );
    const repository = { html_url: suite.sandbox.urls.repository };
    const { body } = await post(`${ENTITY}/promotions`, REQUEST);
    const stateOf = async () =>
      (await get(`/api/gitops/promotions/${body.promotion.id}`)).body.state;

    await suite.sandbox.merge(1);
    expect(await stateOf()).toBe('open');
    await suite.events.publish({
      topic: 'github.pull_request',
      eventPayload: {
        action: 'closed',
        pull_request: { number: 1 },
        repository,
      },
    });
    await eventually(stateOf, state => ['merged', 'deployed'].includes(state));

    const head = await suite.sandbox.commit({ 'NOTE.md': 'a' }, 'Note');
    expect((await environments()).repository.head).not.toBe(head);
    await suite.events.publish({
      topic: 'github.push',
      eventPayload: { ref: 'refs/heads/main', repository },
    });
    await eventually(environments, answer => answer.repository.head === head);
  });

  it.each(['by-name', 'by-project'])(
    'knows the service of an entity that refers to Applications %s',
    async name => {
      const url = `/api/gitops/entities/component/default/${name}`;
      const { body } = await get(`${url}/environments`);
      expect(body).toMatchObject({
        service: 'demo',
        environments: [{ name: 'local' }, { name: 'stage' }],
      });
      const promoted = await post(`${url}/promotions`, REQUEST);
      expect(promoted.status).toBe(201);
      expect((await get(`${ENTITY}/promotions`)).body.promotions).toMatchObject(
        [{ id: promoted.body.promotion.id }],
      );
    },
  );

  it('wants one service where an annotation means Applications of several', async () => {
    const other = (await suite.sandbox.readFile(
      'bootstrap/demo-stage-application.yaml',
    ))!
      .replace('name: demo-stage', 'name: other-stage')
      .replace('apps/demo/', 'apps/other/');
    await suite.sandbox.commit(
      {
        'bootstrap/other.yaml': other,
        'bootstrap/kustomization.yaml':
          'resources: [demo-application.yaml, demo-stage-application.yaml, other.yaml]',
      },
      'Add another service',
    );
    const { body } = await eventually(
      () =>
        get('/api/gitops/entities/component/default/by-project/environments'),
      ({ status }) => status === 409,
    );
    expect(body.error.message).toBe(
      'The annotation argocd/project-name: default means Applications of several services (demo, other); name one with gitops-infra.dev/service',
    );
  });

  it('reads a tree of many overlays in a few calls', async () => {
    await suite.stop();
    const folder = `apps/${'long-'.repeat(20)}name/overlays`;
    const manifest = (index: number) => `namespace: "ns-${index}" # é\r\n`;
    await suite.sandbox.commit(
      Object.fromEntries(
        Array.from({ length: 300 }, (_, index) => [
          `${folder}/e${index}/kustomization.yaml`,
          manifest(index),
        ]),
      ),
      'Add many overlays',
    );
    const fetched = jest.spyOn(globalThis, 'fetch');
    await suite.start({ repositoryInterval: { minutes: 5 } });
    await eventually(
      environments,
      answer => answer.environments?.[1]?.images.length === 1,
    );
    const asked = fetched.mock.calls
      .map(([url]) => String(url))
      .filter(url => url.startsWith(suite.sandbox.urls.github))
      .map(url => new URL(url).pathname.split('/')[4]);
    fetched.mockRestore();
    // How far the synced commits are behind is looked up besides.
    const ofHistory = ['compare', 'commits'];
    expect(asked.filter(what => !ofHistory.includes(what))).toEqual([
      'git',
      'git',
      'tarball',
    ]);
  });
});
