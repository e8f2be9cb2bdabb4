import { TOKEN } from '../identity';
import { ask } from '../testing/client';
import { recording, structureDifferences } from '../testing/recordings';
import {
  repositoryUrlAt,
  StandIn,
  startEstateArgocd,
  startEstateGithub,
} from './standIns';

const SERVICES = 100;
const REPOSITORY = '/repos/demo/gitops-infra';
const STAGE = 'apps/service-0002/overlays/stage/kustomization.yaml';

describe('the GitHub of a large estate', () => {
  let github: StandIn;
  let head: string;

  const call = (path: string, options: Parameters<typeof ask>[1] = {}) =>
    ask(`${github.url}${REPOSITORY}${path}`, { token: TOKEN, ...options });
  const control = async (name: string, body: object = {}) =>
    (await ask(`${github.url}/_control/${name}`, { method: 'POST', body }))
      .json;
  const calls = async () => (await ask(`${github.url}/_control/calls`)).json;

  beforeEach(async () => {
    github = await startEstateGithub({ services: SERVICES });
    const { commits } = await control('history');
    head = commits[commits.length - 1];
  });

  afterEach(() => github.close());

  it('answers a conditional request for a branch that did not move with 304', async () => {
    const first = await call('/git/ref/heads%2Fmain');
    expect(first.json.object.sha).toBe(head);
    const etag = first.headers.get('etag') ?? '';
    const headers = { 'if-none-match': etag };
    expect((await call('/git/ref/heads/main', { headers })).status).toBe(304);
    await control('commit', {
      service: 'service-0002',
      environment: 'stage',
      tag: '2.0.0',
    });
    expect((await call('/git/ref/heads/main', { headers })).status).toBe(200);
    expect((await call('/git/ref/heads/none')).status).toBe(404);
    const anonymous = await ask(
      `${github.url}${REPOSITORY}/git/ref/heads/main`,
    );
    expect(anonymous.status).toBe(401);
  });

  it('has the tree of every service, and its contents', async () => {
    const { tree, truncated } = (await call(`/git/trees/${head}?recursive=1`))
      .json as {
      truncated: boolean;
      tree: { path: string; type: string; sha: string; size?: number }[];
    };
    expect(truncated).toBe(false);
    const files = tree.filter(({ type }) => type === 'blob');
    // Ten of each service, bootstrap's Kustomization and the readme.
    expect(files).toHaveLength(10 * SERVICES + 2);
    const overlay = files.find(({ path }) => path === STAGE);
    const blob = (await call(`/git/blobs/${overlay?.sha}`)).json;
    const text = Buffer.from(blob.content, 'base64').toString();
    expect(text).toContain('newTag: "1.4.1"');
    expect(overlay?.size).toBe(text.length);
    const raw = await call(`/contents/${STAGE}?ref=main`, {
      headers: { accept: 'application/vnd.github.v3.raw' },
    });
    expect(raw.text).toBe(text);
    expect((await call(`/tarball/${head}`)).headers.get('content-type')).toBe(
      'application/x-gzip',
    );
  });

  it('compares commits by the files between them', async () => {
    const { sha } = await control('commit', {
      service: 'service-0002',
      environment: 'stage',
      tag: '2.0.0',
    });
    const { ahead_by, behind_by, files } = (
      await call(`/compare/${head}...${sha}`)
    ).json;
    expect([ahead_by, behind_by]).toEqual([1, 0]);
    const { tree } = (await call(`/git/trees/${sha}?recursive=1`)).json;
    expect(files).toEqual([
      expect.objectContaining({
        filename: STAGE,
        status: 'modified',
        sha: tree.find(({ path }: { path: string }) => path === STAGE).sha,
      }),
    ]);
    const behind = (await call(`/compare/${sha}...${head}`)).json;
    expect([behind.ahead_by, behind.behind_by]).toEqual([0, 1]);
  });

  it('takes a commit, a branch and one pull request for it, and merges that at its head only', async () => {
    const post = (path: string, body: object, method = 'POST') =>
      call(path, { method, body });
    const base = (await call(`/git/commits/${head}`)).json.tree.sha;
    const tree = await post('/git/trees', {
      base_tree: base,
      tree: [{ path: STAGE, mode: '100644', type: 'blob', content: 'new\n' }],
    });
    const commit = await post('/git/commits', {
      message: 'promote',
      tree: tree.json.sha,
      parents: [head],
    });
    const { sha } = commit.json;
    const ref = { ref: 'refs/heads/promote/it', sha };
    expect((await post('/git/refs', ref)).status).toBe(201);
    expect((await post('/git/refs', ref)).status).toBe(422);
    const pull = {
      head: 'promote/it',
      base: 'main',
      title: 'promote',
      body: '',
    };
    const opened = await post('/pulls', pull);
    expect(opened.json).toMatchObject({ number: 1, head: { sha } });
    expect((await post('/pulls', pull)).status).toBe(422);
    expect((await call('/pulls?head=demo:promote/it')).json).toHaveLength(1);

    // Another change of the base does not get lost.
    await control('commit', {
      service: 'service-0003',
      environment: 'stage',
      tag: '2.0.0',
    });
    const merge = (at: string) => post('/pulls/1/merge', { sha: at }, 'PUT');
    expect((await merge(head)).status).toBe(409);
    const merged = await merge(sha);
    expect(merged.json.merged).toBe(true);
    expect((await call('/pulls/1')).json).toMatchObject({
      state: 'closed',
      merged: true,
      merge_commit_sha: merged.json.sha,
    });
    const { files } = (await call(`/compare/${head}...main`)).json;
    expect(files).toHaveLength(2);
  });

  it('counts calls by route, and control routes not', async () => {
    await control('reset');
    const { headers } = await call('/git/ref/heads/main');
    await call('/git/ref/heads/main', {
      headers: { 'if-none-match': headers.get('etag') ?? '' },
    });
    await call(`/git/commits/${head}`);
    expect(await calls()).toMatchObject({
      total: 3,
      notModified: 1,
      routes: { 'GET /git/ref/{ref}': 2, 'GET /git/commits/{sha}': 1 },
      firstAt: expect.any(Number),
    });
    await control('reset');
    expect(await calls()).toEqual({ total: 0, notModified: 0, routes: {} });
    const unknown = await ask(`${github.url}/_control/nothing`, {
      method: 'POST',
    });
    expect(unknown.status).toBe(404);
  });
});

describe('the Argo CD of a large estate', () => {
  const HEAD = '1'.repeat(40);
  let argocd: StandIn;

  const call = (path: string) => ask(`${argocd.url}${path}`, { token: TOKEN });
  const applications = '/api/v1/applications';

  beforeEach(async () => {
    argocd = await startEstateArgocd({
      services: SERVICES,
      repositoryUrl: repositoryUrlAt('http://localhost:1'),
      revisions: ['0'.repeat(40), HEAD],
    });
  });

  afterEach(() => argocd.close());

  it('has Applications that look as recorded and are as large', async () => {
    const { items } = (await call(applications)).json;
    expect(items).toHaveLength(3 * SERVICES);
    const [, stage] = items;
    expect(stage.metadata.name).toBe('service-0001-stage');
    expect(stage.status.sync).toMatchObject({
      status: 'Synced',
      revision: HEAD,
      comparedTo: { source: { path: 'apps/service-0001/overlays/stage' } },
    });
    expect(stage.status.history).toHaveLength(10);
    expect(stage.status.summary).toEqual({
      externalURLs: ['http://service-0001.stage.example.com/'],
      images: ['registry.example.com/service-0001:1.4.1'],
    });
    expect(JSON.stringify(stage)).not.toContain('localtest.me');
    const recorded = recording('j-history/application-after-many').response
      .body as { status: { history: object[] } };
    // Lines of a history look alike; one of the recorded ones tells of an override besides.
    const { status } = recorded;
    const alike = {
      ...recorded,
      status: { ...status, history: status.history.slice(0, 1) },
    };
    expect(structureDifferences(alike, stage)).toEqual([]);
    const ratio =
      JSON.stringify(stage).length / JSON.stringify(recorded).length;
    expect(ratio).toBeGreaterThan(0.9);
  });

  it('has one that cannot pull its image, and says so in the resource tree', async () => {
    const { items } = (await call(applications)).json;
    const degraded = items.filter(
      (item: { status: { health: { status: string } } }) =>
        item.status.health.status === 'Degraded',
    );
    expect(degraded).toHaveLength(1);
    const { name } = degraded[0].metadata;
    const tree = (await call(`${applications}/${name}/resource-tree`)).json;
    expect(JSON.stringify(tree)).toContain(
      'Back-off pulling image \\"registry.example.com/service-0100:1.4.0\\"',
    );
  });

  it('begins a stream with every Application, then tells of an event', async () => {
    const response = await fetch(
      `${argocd.url}/api/v1/stream/applications?fields=result.type,result.application.metadata.name,result.application.status.sync.status`,
      { headers: { authorization: `Bearer ${TOKEN}` } },
    );
    let text = '';
    const lines = async (count: number) => {
      for await (const chunk of response.body!.values({
        preventCancel: true,
      })) {
        text += Buffer.from(chunk).toString();
        if (text.split('\n').length > count) {
          break;
        }
      }
      return text.trim().split('\n');
    };
    expect(await lines(3 * SERVICES)).toHaveLength(3 * SERVICES);
    const { json } = await ask(`${argocd.url}/_control/event`, {
      method: 'POST',
      body: { application: 'service-0007-prod' },
    });
    expect(json.status).toBe('OutOfSync');
    const told = await lines(3 * SERVICES + 1);
    expect(JSON.parse(told[told.length - 1])).toEqual({
      result: {
        type: 'MODIFIED',
        application: {
          metadata: { name: 'service-0007-prod' },
          status: { sync: { status: 'OutOfSync' } },
        },
      },
    });
    await response.body?.cancel();
    expect((await ask(`${argocd.url}/_control/calls`)).json).toMatchObject({
      total: 1,
      routes: { 'GET /api/v1/stream/applications': 1 },
    });
  });
});
