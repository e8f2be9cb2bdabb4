import { setTimeout as sleep } from 'node:timers/promises';
import type { Sandbox } from '../Sandbox';
import { patchAfter, tagOf, withTag } from '../seed/tag';
import { Answer, ask } from '../testing/client';
import { eventually } from '../testing/eventually';
import {
  recordedStream,
  recording,
  structureDifferences,
} from '../testing/recordings';
import { registerSandboxSuite } from '../testing/sandboxSuite';
import type { ApplicationJson } from './applicationJson';
import { FAST } from './timings';

const LOCAL = 'apps/demo/overlays/local/kustomization.yaml';
const STAGE = 'apps/demo/overlays/stage/kustomization.yaml';
const STAGE_APPLICATION = 'bootstrap/demo-stage-application.yaml';
const FRAME =
  'Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = ';

interface StreamLine {
  result: { type: string; application: ApplicationJson };
}

describe('the stand-in for Argo CD', () => {
  let sandbox: Sandbox;

  registerSandboxSuite(started => {
    sandbox = started;
  });

  async function api(
    path: string,
    options: { method?: string; token?: string; body?: unknown } = {},
  ): Promise<Answer> {
    return ask(`${sandbox.urls.argocd}${path}`, {
      token: sandbox.tokens.argocd,
      ...options,
    });
  }

  async function stage(): Promise<ApplicationJson> {
    return (await api('/api/v1/applications/demo-stage')).json;
  }

  async function stageTree(): Promise<Answer> {
    return api('/api/v1/applications/demo-stage/resource-tree');
  }

  async function change(
    path: string,
    edit: (text: string) => string,
  ): Promise<string> {
    const text = (await sandbox.readFile(path)) ?? '';
    return sandbox.commit({ [path]: edit(text) }, 'Change');
  }

  async function nextStageTag(): Promise<string> {
    return patchAfter(tagOf((await sandbox.readFile(STAGE)) ?? '') ?? '');
  }

  /** Reads a stream until an event is as wanted, or for a time. */
  async function stream(
    query: string,
    until: (lines: StreamLine[]) => boolean,
    during: () => Promise<unknown>,
  ): Promise<StreamLine[]> {
    const stop = new AbortController();
    const response = await fetch(
      `${sandbox.urls.argocd}/api/v1/stream/applications${query}`,
      {
        headers: { authorization: `Bearer ${sandbox.tokens.argocd}` },
        signal: stop.signal,
      },
    );
    const lines: StreamLine[] = [];
    const decoder = new TextDecoder();
    let rest = '';
    const read = (async () => {
      for await (const chunk of response.body ?? []) {
        const parts = (rest + decoder.decode(chunk, { stream: true })).split(
          '\n',
        );
        rest = parts.pop() ?? '';
        lines.push(...parts.map(part => JSON.parse(part)));
      }
    })().catch(error => {
      if (!stop.signal.aborted) {
        throw error;
      }
    });
    await during();
    await eventually(
      async () => lines.length,
      () => until(lines),
    );
    stop.abort();
    await read;
    return lines;
  }

  describe('in the recorded shapes', () => {
    it('lists, gets and shows the tree of what is synced and healthy', async () => {
      const list = await api('/api/v1/applications');
      const get = await api('/api/v1/applications/demo-stage');
      const tree = await stageTree();
      const version = await api('/api/version');
      const expected = (name: string) =>
        recording(`a-synced-healthy/${name}`).response.body;

      expect(structureDifferences(expected('application'), get.json)).toEqual(
        [],
      );
      expect(structureDifferences(expected('version'), version.json)).toEqual(
        [],
      );
      expect(
        structureDifferences(expected('resource-tree'), tree.json),
      ).toEqual([]);
      expect(Object.keys(list.json).sort()).toEqual(['items', 'metadata']);
      expect(typeof list.json.metadata.resourceVersion).toBe('string');
      const recorded = (expected('list') as { items: unknown[] }).items;
      expect(list.json.items).toHaveLength(recorded.length);
      recorded.forEach((item, index) =>
        expect(structureDifferences(item, list.json.items[index])).toEqual([]),
      );
      expect(get.headers.get('content-type')).toBe('application/json');
    });

    it.each([
      ['errors/unauthenticated', '/api/v1/applications', undefined],
      ['errors/bad-token', '/api/v1/applications', 'malformed'],
      [
        'errors/missing-app',
        '/api/v1/applications/no-such-app',
        'sandbox-token',
      ],
      [
        'errors/missing-app-admin',
        '/api/v1/applications/no-such-app',
        'sandbox-token',
      ],
      [
        'errors/missing-app-other-namespace',
        '/api/v1/applications/demo-stage?appNamespace=elsewhere',
        'sandbox-token',
      ],
    ])('refuses as in %s', async (name, path, token) => {
      const { response } = recording(name);
      const answer = await api(path, { token });

      expect(answer.status).toBe(response.status);
      expect(answer.json).toEqual(response.body);
    });

    it('shows a malformed overlay, and goes on with the old version', async () => {
      const before = await stage();
      await change(STAGE, text => text.replace(/(newTag: "[^"]*)"/, '$1'));
      const broken = await eventually(
        stage,
        ({ status }) => status.conditions !== undefined,
      );
      const recorded = recording('c1-malformed-yaml/application').response
        .body as ApplicationJson;

      expect(
        structureDifferences(without(recorded, 'history'), broken),
      ).toEqual([]);
      expect(broken.status.sync).toMatchObject({
        status: 'Unknown',
        revision: 'main',
      });
      expect(broken.status.health).toEqual(before.status.health);
      expect(broken.status.summary).toEqual(before.status.summary);
      expect(broken.status.resources.map(({ status }) => status)).toEqual(
        recorded.status.resources.map(({ status }) => status),
      );
      const frame =
        /^.*`kustomize build <path to cached source>\/apps\/demo\/overlays\/stage` failed exit status 1: Error: /;
      expect(frame.exec(broken.status.conditions?.[0].message ?? '')?.[0]).toBe(
        frame.exec(recorded.status.conditions?.[0].message ?? '')?.[0],
      );
      expect(broken.status.conditions?.[0].message).toMatch(/yaml: line \d+: /);
    });

    it('says of a tag that is no string what kustomize says', async () => {
      await change(STAGE, text =>
        text.replace(/newTag: "[^"]*"/, 'newTag: 1.10'),
      );
      const broken = await eventually(
        stage,
        ({ status }) => status.conditions !== undefined,
      );

      expect(broken.status.conditions).toEqual([
        expect.objectContaining({
          type: 'ComparisonError',
          message: `${FRAME}\`kustomize build <path to cached source>/apps/demo/overlays/stage\` failed exit status 1: Error: json: cannot unmarshal number into Go struct field Image.images.newTag of type string`,
        }),
      ]);
    });

    it('says that a path is missing', async () => {
      const recorded = recording('d-path-missing/application').response
        .body as ApplicationJson;
      await change(STAGE_APPLICATION, text =>
        text.replace('overlays/stage', 'overlays/nope'),
      );
      const broken = await eventually(
        stage,
        ({ status }) => status.conditions !== undefined,
      );

      expect(broken.status.conditions?.[0]).toMatchObject({
        type: 'ComparisonError',
        message: recorded.status.conditions?.[0].message,
      });
      expect(
        structureDifferences(without(recorded, 'history'), broken),
      ).toEqual([]);
    });

    it('shows an image that cannot be pulled, first Progressing, then Degraded, until it can', async () => {
      await change(STAGE, text => withTag(text, '9.9.9'));
      const pulling = await eventually(
        async () => ({
          application: await stage(),
          tree: (await stageTree()).json,
        }),
        ({ application, tree }) =>
          application.status.health.status === 'Progressing' &&
          JSON.stringify(tree).includes('ImagePullBackOff'),
      );
      const degraded = await eventually(
        stage,
        ({ status }) => status.health.status === 'Degraded',
      );
      const degradedTree = (await stageTree()).json;
      const recorded = (name: string) => recording(name).response.body;

      expect(
        structureDifferences(
          recorded('e1-image-pull-backoff-progressing/application'),
          pulling.application,
        ),
      ).toEqual([]);
      expect(
        structureDifferences(
          recorded('e1-image-pull-backoff-progressing/resource-tree'),
          pulling.tree,
        ),
      ).toEqual([]);
      expect(
        structureDifferences(
          recorded('e2-image-pull-backoff-degraded/application'),
          degraded,
        ),
      ).toEqual([]);
      expect(
        structureDifferences(
          recorded('e2-image-pull-backoff-degraded/resource-tree'),
          degradedTree,
        ),
      ).toEqual([]);
      expect(degraded.status.summary.images).toEqual([
        'localhost:5001/demo:1.4.1',
        'localhost:5001/demo:9.9.9',
      ]);
      expect(degraded.status.sync.status).toBe('Synced');
      expect(
        degradedTree.nodes.find((node: { health?: { message?: string } }) =>
          node.health?.message?.startsWith('Back-off'),
        ),
      ).toMatchObject({
        kind: 'Pod',
        info: expect.arrayContaining([
          { name: 'Status Reason', value: 'ImagePullBackOff' },
        ]),
        health: {
          status: 'Degraded',
          message: 'Back-off pulling image "localhost:5001/demo:9.9.9"',
        },
      });

      sandbox.addTag('demo', '9.9.9');
      await eventually(
        stage,
        ({ status }) =>
          status.health.status === 'Healthy' &&
          String(status.summary.images) === 'localhost:5001/demo:9.9.9',
      );
    });

    it('leaves what is not synced by itself out of sync, until it is asked for', async () => {
      await change(STAGE_APPLICATION, text =>
        text.replace(/ {4}automated:\n( {6}.*\n)+/, ''),
      );
      const tag = await nextStageTag();
      const head = await change(STAGE, text => withTag(text, tag));
      const waiting = await eventually(
        stage,
        ({ status }) => status.sync.revision === head,
      );
      const accepted = await api('/api/v1/applications/demo-stage/sync', {
        method: 'POST',
        body: {},
      });
      const synced = await eventually(
        stage,
        ({ status }) =>
          String(status.summary.images) === `localhost:5001/demo:${tag}`,
      );
      const recorded = (name: string) =>
        recording(name).response.body as ApplicationJson;

      expect(waiting.status.sync.status).toBe('OutOfSync');
      expect(waiting.spec.syncPolicy?.automated).toBeUndefined();
      expect(
        structureDifferences(
          recorded('b-out-of-sync/application').status.sync,
          waiting.status.sync,
        ),
      ).toEqual([]);
      expect(accepted.status).toBe(200);
      expect(
        structureDifferences(
          recorded('h-sync/sync-accepted').operation,
          accepted.json.operation,
        ),
      ).toEqual([]);
      expect(synced.status.sync).toMatchObject({
        status: 'Synced',
        revision: head,
      });
      expect(
        structureDifferences(recorded('h-sync/t4/application'), synced),
      ).toEqual([]);
      expect(synced.status.operationState?.operation.initiatedBy).toEqual({
        username: 'sandbox',
      });
    });
  });

  it('refuses a sync of an account without the right to, as recorded', async () => {
    const { status, body } = recording('errors/sync-without-rights').response;
    sandbox.setArgocd({ syncRefused: true });
    const answer = await api('/api/v1/applications/demo-stage/sync', {
      method: 'POST',
      body: {},
    });
    expect(answer.status).toBe(status);
    const { message } = body as { message: string };
    const said = message.replace('sub: backstage', 'sub: sandbox');
    expect(answer.json).toEqual({ error: said, code: 7, message: said });
  });

  it('takes one operation at a time, and none that a sync window denies', async () => {
    const sync = async () =>
      api('/api/v1/applications/demo-stage/sync', {
        method: 'POST',
        body: { prune: true, infos: [{ name: 'by', value: 'somebody' }] },
      });
    sandbox.setArgocd({ syncWindow: true });
    const denied = await sync();
    sandbox.setArgocd({ syncWindow: false });
    const [first, second] = [await sync(), await sync()];

    expect([denied.status, denied.json.message]).toEqual([
      403,
      'cannot sync: blocked by sync window',
    ]);
    expect(first.json.operation).toMatchObject({
      sync: { prune: true },
      info: [{ name: 'by', value: 'somebody' }],
    });
    expect([second.status, second.json.code, second.json.message]).toEqual([
      400,
      9,
      'another operation is already in progress',
    ]);
  });

  it('looks at Git only when it is asked to, where it is told so', async () => {
    const before = (await stage()).status.sync.revision;
    sandbox.setArgocd({ idle: true });
    const head = await change(STAGE, text => `${text}# a comment\n`);
    const unseen = (await stage()).status.sync.revision;
    const refreshed = await api(
      '/api/v1/applications/demo-stage?refresh=normal',
    );

    expect(unseen).toBe(before);
    expect(refreshed.json.status.sync.revision).toBe(head);
  });

  it('says of a promotion what was recorded, in the same order', async () => {
    const tag = await nextStageTag();
    await sandbox.commit(
      { [STAGE]: withTag((await sandbox.readFile(STAGE)) ?? '', tag) },
      'Promote',
      { branch: 'promote' },
    );
    const pull = await ask(
      `${sandbox.urls.github}/repos/demo/gitops-infra/pulls`,
      {
        method: 'POST',
        token: sandbox.tokens.github,
        body: { title: 'Promote', head: 'promote', base: 'main' },
      },
    );
    const lines = await stream(
      '',
      all =>
        steps(all, 'demo-stage').pop() ===
        'MODIFIED Synced new, Healthy, Succeeded, image new, Deployment Healthy, 1 more deployment',
      () => sandbox.merge(pull.json.number),
    );
    const recorded = recordedStream(
      'stream/applications-all-during-promotion',
    ) as StreamLine[];
    const wanted = steps(recorded, 'demo-stage');
    const actual = steps(lines, 'demo-stage');

    expect(actual.slice(0, wanted.length)).toEqual(wanted);
    expect(actual.slice(wanted.length)).toEqual([
      'MODIFIED Synced new, Healthy, Succeeded, image both, Deployment Healthy, 1 more deployment',
      'MODIFIED Synced new, Healthy, Succeeded, image new, Deployment Healthy, 1 more deployment',
    ]);
    // The trap: synced to the new commit with success, and Healthy, and yet the old version.
    expect(actual).toContain(
      'MODIFIED OutOfSync new, Healthy, Succeeded, image old, Deployment Healthy, 1 more deployment',
    );
    expect(steps(lines, 'demo-local')).toEqual(steps(recorded, 'demo-local'));
    expect(structureDifferences(recorded[0], lines[0])).toEqual([]);
    expect(
      structureDifferences(
        recorded[recorded.length - 1],
        lines.find(({ result: { application } }) => isAutoHealed(application)),
      ),
    ).toEqual([]);
  });

  it('moves on to a commit that leaves the overlay alone', async () => {
    const before = await stage();
    const head = await sandbox.commit({ 'note.txt': 'a' }, 'Note');
    const after = await eventually(
      stage,
      ({ status }) => status.sync.revision === head,
    );

    expect(after.status.sync.status).toBe('Synced');
    expect(after.status.history).toEqual(before.status.history);
    expect(after.status.operationState).toEqual(before.status.operationState);
  });

  it('gets well again when the overlay does', async () => {
    await sandbox.act('break-stage');
    await eventually(stage, ({ status }) => status.conditions !== undefined);
    await sandbox.act('mend-stage');
    const mended = await eventually(
      stage,
      ({ status }) => status.conditions === undefined,
    );

    expect(mended.status.sync.status).toBe('Synced');
    expect(mended.status.sync.revision).toBe(await sandbox.head());
    expect(mended.status.sourceType).toBe('Kustomize');
  });

  it('has the old version again after a bad one is taken back', async () => {
    const before = await stage();
    await change(STAGE, text => withTag(text, '9.9.9'));
    await eventually(
      stage,
      ({ status }) => status.health.status === 'Degraded',
    );
    await change(STAGE, text => withTag(text, '1.4.1'));
    const after = await eventually(
      stage,
      ({ status }) =>
        status.health.status === 'Healthy' &&
        status.summary.images?.length === 1,
    );

    expect(after.status.summary.images).toEqual(before.status.summary.images);
    expect(JSON.stringify((await stageTree()).json)).not.toContain(
      'ImagePullBackOff',
    );
  });

  it('changes the address without a rollout', async () => {
    await change(STAGE, text =>
      text.replace('stage.localtest.me', 'other.localtest.me'),
    );
    const after = await eventually(
      stage,
      ({ status }) =>
        String(status.summary.externalURLs) === 'http://other.localtest.me/' &&
        status.operationState?.phase === 'Succeeded',
    );

    expect(after.status.health.status).toBe('Healthy');
    expect(after.status.summary.images).toHaveLength(1);
  });

  it('adds and removes Applications as bootstrap does', async () => {
    const lines = await stream(
      '?name=demo-stage',
      all => all.some(({ result }) => result.type === 'DELETED'),
      () =>
        change('bootstrap/kustomization.yaml', text =>
          text.replace(/.*demo-stage-application.yaml\n/, ''),
        ),
    );
    await change(
      'bootstrap/kustomization.yaml',
      text => `${text}  - demo-stage-application.yaml\n`,
    );
    const again = await eventually(
      stage,
      application => application.status?.health.status === 'Healthy',
    );

    expect(lines[0].result.type).toBe('ADDED');
    expect(again.status.sync.status).toBe('Synced');
  });

  it('answers after the refresh that is asked for', async () => {
    const head = await sandbox.commit({ 'note.txt': 'a' }, 'Note');
    const { json } = await api(
      '/api/v1/applications/demo-stage?refresh=normal',
    );

    expect(json.status.sync.revision).toBe(head);
  });

  it.each([
    ['?projects=default', 2],
    ['?projects=other', 0],
    ['?selector=app%3Dnone', 0],
    ['?appNamespace=argocd', 2],
    ['?appNamespace=other', 0],
    ['?name=demo-stage', 1],
  ])('filters a list by %s', async (query, length) => {
    const { json } = await api(`/api/v1/applications${query}`);

    expect(json.items).toHaveLength(length);
  });

  it('tells from a resource version on only what follows', async () => {
    const lines = await stream(
      '?resourceVersion=1',
      all => all.length > 0,
      () => sandbox.commit({ 'note.txt': 'a' }, 'Note'),
    );

    expect(new Set(lines.map(({ result }) => result.type))).toEqual(
      new Set(['MODIFIED']),
    );
  });

  it('honours the fields of a stream', async () => {
    const lines = await stream(
      '?name=demo-stage&fields=result.type,result.application.metadata.name,result.application.status.sync.status',
      all => all.length > 0,
      async () => {},
    );

    expect(lines[0]).toEqual({
      result: {
        type: 'ADDED',
        application: {
          metadata: { name: 'demo-stage' },
          status: { sync: { status: 'Synced' } },
        },
      },
    });
  });

  it('cuts streams when it goes down, and comes back', async () => {
    const response = await fetch(
      `${sandbox.urls.argocd}/api/v1/stream/applications`,
      {
        headers: { authorization: `Bearer ${sandbox.tokens.argocd}` },
      },
    );
    sandbox.setArgocd({ down: true });
    await expect(response.text()).rejects.toThrow('terminated');
    await expect(api('/api/v1/applications')).rejects.toThrow('fetch failed');
    sandbox.setArgocd({ down: false });

    expect((await api('/api/v1/applications')).status).toBe(200);
  });

  it('refuses the token on request', async () => {
    sandbox.setArgocd({ tokenRefused: true });
    const { status, json } = await api('/api/v1/applications');

    expect(status).toBe(401);
    expect(json).toEqual(recording('errors/bad-token').response.body);
  });

  it('has a page for people', async () => {
    const shown = await ask(
      `${sandbox.urls.argocd}/applications/argocd/demo-stage`,
    );
    const missing = await ask(
      `${sandbox.urls.argocd}/applications/argocd/nothing`,
    );

    expect([shown.status, missing.status]).toEqual([200, 404]);
    expect(shown.text).toContain('<strong>Sandbox</strong>');
    expect(shown.text).toContain('localhost:5001/demo:1.4.1');
  });

  it('follows both overlays at once', async () => {
    await change(LOCAL, text => withTag(text, '1.4.3'));
    await sleep(FAST.notice);
    await change(STAGE, text => withTag(text, '1.4.2'));
    const { applications, head } = await eventually(
      () => sandbox.state(),
      state =>
        state.applications.map(({ images }) => String(images)).join(' ') ===
        'localhost:5001/demo:1.4.3 localhost:5001/demo:1.4.2',
    );

    expect(applications.map(({ sync, health }) => [sync, health])).toEqual([
      ['Synced', 'Healthy'],
      ['Synced', 'Healthy'],
    ]);
    expect(applications.map(({ revision }) => revision)).toEqual([head, head]);
  });
});

/** What a person could see change in a stream, one line per step; repetitions are left out. */
function steps(lines: StreamLine[], name: string): string[] {
  const events = lines
    .map(({ result }) => result)
    .filter(({ application }) => application.metadata.name === name);
  const first = events[0].application.status;
  const described = events.map(
    ({ type, application: { status, operation } }) => {
      const images = status.summary.images ?? [];
      const isOld = String(images) === String(first.summary.images);
      return [
        `${type} ${status.sync.status} ${
          status.sync.revision === first.sync.revision ? 'old' : 'new'
        }`,
        status.health.status,
        status.operationState?.phase ?? 'no operation state',
        ...(operation ? ['operation'] : []),
        `image ${isOld ? 'old' : { 1: 'new', 2: 'both' }[images.length]}`,
        `Deployment ${
          status.resources.find(({ kind }) => kind === 'Deployment')?.health
            ?.status
        }`,
        `${
          (status.history?.length ?? 0) - (first.history?.length ?? 0)
        } more deployment`,
      ].join(', ');
    },
  );
  return described.filter((step, index) => step !== described[index - 1]);
}

/** Whether it is what the recorded stream ends with: synced once more, while the new pods come up. */
function isAutoHealed({ status }: ApplicationJson): boolean {
  return (
    status.operationState?.phase === 'Succeeded' &&
    status.operationState.operation.sync.autoHealAttemptsCount === 1 &&
    status.health.status === 'Progressing'
  );
}

/** An Application without a part of its status that depends on what went before. */
function without(
  { status, ...rest }: ApplicationJson,
  part: keyof ApplicationJson['status'],
) {
  const { [part]: _, ...kept } = status;
  return { ...rest, status: kept };
}
