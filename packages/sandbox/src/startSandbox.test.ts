import { FAST } from './argocd/timings';
import type { Sandbox } from './Sandbox';
import { REPOSITORY_ROOT, readWorkingTree } from './seed/workingTree';
import { startSandbox } from './startSandbox';
import { Answer, ask } from './testing/client';
import { eventually } from './testing/eventually';
import { registerSandboxSuite } from './testing/sandboxSuite';

const FREE = { control: 0, github: 0, argocd: 0, registry: 0, kubernetes: 0 };

describe('the sandbox', () => {
  let sandbox: Sandbox;

  registerSandboxSuite(started => {
    sandbox = started;
  });

  async function act(
    action: string,
    headers?: Record<string, string>,
  ): Promise<Answer> {
    return ask(`${sandbox.urls.control}/actions/${action}`, {
      method: 'POST',
      headers,
    });
  }

  it('has a page with a button and a command for every action', async () => {
    const { text } = await ask(sandbox.urls.control);
    const { json } = await ask(`${sandbox.urls.control}/nothing`);

    expect(text).toContain('<strong>Sandbox</strong>');
    expect(json.actions).toContain('push-version');
    for (const action of json.actions) {
      expect(text).toContain(`action="/actions/${action}"`);
      expect(text).toContain(
        `curl -X POST ${sandbox.urls.control}/actions/${action}`,
      );
    }
  });

  it('pushes a new version that comes to run in local', async () => {
    const answer = await act('push-version');
    const state = await eventually(
      () => sandbox.state(),
      ({ applications }) =>
        String(applications[0].images) === 'localhost:5001/demo:1.4.3',
    );

    expect(answer.json).toEqual({
      action: 'push-version',
      done: 'Local is at 1.4.3 in Git',
    });
    expect(state.applications[1].images).toEqual(['localhost:5001/demo:1.4.1']);
  });

  it('pushes a version that never comes to run', async () => {
    await act('push-missing-version');
    const { applications, registry } = await eventually(
      () => sandbox.state(),
      state => state.applications[0].health === 'Degraded',
    );

    expect(applications[0].images).toEqual([
      'localhost:5001/demo:1.4.2',
      'localhost:5001/demo:1.5.0',
    ]);
    expect(registry.demo).not.toContain('1.5.0');
  });

  it('breaks and mends the overlay of stage', async () => {
    const before = await sandbox.readFile(
      'apps/demo/overlays/stage/kustomization.yaml',
    );
    await act('break-stage');
    await eventually(
      () => sandbox.state(),
      ({ applications }) => applications[1].error !== undefined,
    );
    await act('mend-stage');

    expect(
      await sandbox.readFile('apps/demo/overlays/stage/kustomization.yaml'),
    ).toBe(before);
    expect((await act('mend-stage')).json.done).toContain('nothing to mend');
  });

  it.each([
    ['argocd-down', 'argocd-up', 'argocd', 'down'],
    ['argocd-refuse-token', 'argocd-accept-token', 'argocd', 'tokenRefused'],
    ['argocd-refuse-sync', 'argocd-accept-sync', 'argocd', 'syncRefused'],
    ['argocd-close-window', 'argocd-open-window', 'argocd', 'syncWindow'],
    ['argocd-idle', 'argocd-watchful', 'argocd', 'idle'],
    ['github-down', 'github-up', 'github', 'down'],
    ['github-refuse-token', 'github-accept-token', 'github', 'tokenRefused'],
    ['github-rate-limit', 'github-lift-rate-limit', 'github', 'rateLimited'],
  ] as const)('switches by %s and %s', async (on, off, service, fault) => {
    await act(on);
    const faulty = (await ask(`${sandbox.urls.control}/state`)).json;
    await act(off);
    const well = (await ask(`${sandbox.urls.control}/state`)).json;

    expect([faulty[service][fault], well[service][fault]]).toEqual([
      true,
      false,
    ]);
  });

  it('resets everything', async () => {
    const before = await sandbox.state();
    await act('push-version');
    await act('github-down');
    await act('argocd-refuse-token');
    await act('argocd-refuse-sync');
    await act('argocd-close-window');
    await act('argocd-idle');
    const answer = await act('reset');
    const after = await sandbox.state();

    expect(answer.status).toBe(200);
    const ofNoMoment = { head: '', applications: [], requests: {} };
    expect({ ...after, ...ofNoMoment }).toEqual({ ...before, ...ofNoMoment });
    expect(after.applications.map(({ images }) => images)).toEqual(
      before.applications.map(({ images }) => images),
    );
  });

  it.each([
    ['from a page of another site', { origin: 'http://elsewhere.example' }],
    ['that a browser calls cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['from another port', { 'sec-fetch-site': 'same-site' }],
  ])('does not act on a request %s', async (_, headers) => {
    const head = await sandbox.head();
    const answer = await act('push-version', headers);

    expect(answer.status).toBe(403);
    expect(await sandbox.head()).toBe(head);
  });

  it.each([
    ['POST', '/actions/nothing', 404],
    ['POST', '/actions/constructor', 404],
    ['GET', '/actions/reset', 405],
  ])('answers %s %s with %s', async (method, path, status) => {
    const answer = await ask(`${sandbox.urls.control}${path}`, { method });

    expect(answer.status).toBe(status);
  });

  it('has a registry that knows what was pushed', async () => {
    const list = await ask(`${sandbox.urls.registry}/v2/demo/tags/list`);
    const manifest = async (reference: string, method = 'GET') =>
      ask(`${sandbox.urls.registry}/v2/demo/manifests/${reference}`, {
        method,
      });
    const found = await manifest('1.4.1');
    const digest = String(found.headers.get('docker-content-digest'));
    const statuses = await Promise.all([
      ask(`${sandbox.urls.registry}/v2/`),
      manifest('1.4.1', 'HEAD'),
      manifest(digest),
      manifest('9.9.9'),
      manifest('1.4.1', 'PUT'),
      ask(`${sandbox.urls.registry}/v2/other/tags/list`),
    ]);

    expect(list.json).toEqual({
      name: 'demo',
      tags: ['1.4.0', '1.4.1', '1.4.2', '1.4.3'],
    });
    expect(statuses.map(({ status }) => status)).toEqual([
      200, 200, 200, 404, 405, 404,
    ]);
    sandbox.removeTag('demo', '1.4.1');
    expect((await manifest('1.4.1')).status).toBe(404);
  });

  it('has images that tell the commit of the application that they were built from', async () => {
    await sandbox.act('push-version');
    const { registry, github } = sandbox.urls;
    const manifest = await ask(`${registry}/v2/demo/manifests/1.4.3`);
    const { digest } = manifest.json.config;
    const config = await ask(`${registry}/v2/demo/blobs/${digest}`);
    const labels = config.json.config.Labels;
    const revision = labels['org.opencontainers.image.revision'];
    const commit = await ask(`${github}/repos/demo/demo/commits/${revision}`);
    const page = await ask(`${github}/demo/demo/compare/main...${revision}`, {
      headers: { accept: 'text/html' },
    });

    expect(labels).toMatchObject({
      'org.opencontainers.image.source': `${github}/demo/demo`,
      'org.opencontainers.image.version': '1.4.3',
    });
    expect(commit.json.sha).toBe(revision);
    expect(page.status).toBe(200);
    expect((await ask(`${registry}/v2/demo/blobs/sha256:x`)).status).toBe(404);
  });

  it('says plainly that a port is taken, and leaves none of its own open', async () => {
    const taken = Number(new URL(sandbox.urls.argocd).port);

    await expect(
      startSandbox({ ports: { ...FREE, argocd: taken } }),
    ).rejects.toThrow(
      `Port ${taken}, where Argo CD should listen, is taken; free it, or give another with --argocd-port`,
    );
  });

  it('has all that git tracks where nothing else is said', async () => {
    const files = await readWorkingTree(REPOSITORY_ROOT);
    const whole = await startSandbox({ ports: FREE, timings: FAST });
    try {
      const { json } = await ask(
        `${whole.urls.github}/repos/demo/gitops-infra/git/trees/main?recursive=true`,
        { token: whole.tokens.github },
      );
      const paths: string[] = json.tree
        .filter(({ type }: { type: string }) => type === 'blob')
        .map((entry: { path: string }) => entry.path);

      expect(new Set(paths)).toEqual(
        new Set([...files.keys(), 'packages/sandbox/org.yaml']),
      );
    } finally {
      await whole.close();
    }
  });
});
