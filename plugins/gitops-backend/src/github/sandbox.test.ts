import { mockServices } from '@backstage/backend-test-utils';
import {
  DefaultGithubCredentialsProvider,
  ScmIntegrations,
} from '@backstage/integration';
import { Sandbox, startTestSandbox } from '@gitops-infra/sandbox';
import { GithubRequest } from './createOctokit';
import { createGithubRepository } from './createGithubRepository';
import { InfraRepository } from './InfraRepository';
import { readHistory } from './readHistory';
import { readSnapshot, ReadSnapshot } from './readSnapshot';

// The sandbox takes seconds to start on a busy machine.
jest.setTimeout(60_000);

const STAGE = 'apps/demo/overlays/stage/kustomization.yaml';
const LOCAL = 'apps/demo/overlays/local/kustomization.yaml';

describe('the client of GitHub and the stand-in for it', () => {
  let sandbox: Sandbox;
  let client: InfraRepository;
  let sent: GithubRequest[];

  beforeAll(async () => {
    sandbox = await startTestSandbox();
  });

  beforeEach(async () => {
    await sandbox.reset();
    sent = [];
    const integrations = ScmIntegrations.fromConfig(
      mockServices.rootConfig({
        data: {
          integrations: {
            github: [
              {
                host: new URL(sandbox.urls.github).host,
                apiBaseUrl: sandbox.urls.github,
                token: sandbox.tokens.github,
              },
            ],
          },
        },
      }),
    );
    const { owner, name, branch } = sandbox.repo;
    client = createGithubRepository({
      repository: { url: sandbox.urls.repository, owner, name, branch },
      integrations,
      credentials:
        DefaultGithubCredentialsProvider.fromIntegrations(integrations),
      onRequest: request => sent.push(request),
    });
  });

  afterAll(async () => {
    await sandbox.close();
  });

  const takeCalls = () =>
    sent
      .splice(0)
      .map(({ operation, status }) =>
        [/[^/]+(?=\/\{\w+\}$)/.exec(operation)?.[0], status].join(' '),
      );

  async function read(previous?: ReadSnapshot) {
    return readSnapshot(client, await client.head(), previous);
  }

  it('agree on a snapshot, a commit that follows, and an idle look', async () => {
    const first = await read();
    expect(first.snapshot.files.get(STAGE)).toBe(await sandbox.readFile(STAGE));
    takeCalls();
    const text = `${await sandbox.readFile(STAGE)}# changed\n`;
    await sandbox.commit({ [STAGE]: text, 'docs/new.md': 'n' }, 'Change');
    const next = await read(first);
    expect(takeCalls()).toEqual(['ref 200', 'compare 200', 'blobs 200']);
    expect(next.changedPaths).toEqual(new Set([STAGE]));
    expect(next.snapshot.files.get(STAGE)).toBe(text);
    const history = await readHistory(
      client,
      first.snapshot.commit,
      next.snapshot.commit,
    );
    expect(history).toMatchObject({
      aheadBy: 1,
      behindBy: 0,
      commits: [{ title: 'Change', paths: [STAGE] }],
    });
    await client.head();
    expect(takeCalls()).toEqual(['ref 304']);
  });

  it('agree on a pull request that was merged', async () => {
    const first = await read();
    const commit = await client.createCommit({
      parents: [first.snapshot.commit],
      message: 'promote(demo): local → stage',
      files: [{ path: STAGE, text: 'namespace: demo-stage\n' }],
    });
    await client.createBranch('promote', commit);
    const pull = await client.openPullRequest({
      branch: 'promote',
      title: 'promote',
      body: '',
    });
    await expect(client.findOpenPullRequest('pro')).resolves.toMatchObject({
      number: pull.number,
    });
    await client.merge(pull.number, commit);
    await expect(client.findOpenPullRequest('pro')).resolves.toBeUndefined();
    takeCalls();
    const next = await read(first);
    const history = await readHistory(
      client,
      first.snapshot.commit,
      next.snapshot.commit,
    );
    expect(takeCalls()).toEqual(['ref 200', 'compare 200', 'blobs 200']);
    expect(next.changedPaths).toEqual(new Set([STAGE]));
    expect(history).toMatchObject({
      aheadBy: 2,
      commits: [{ sha: commit, paths: [STAGE] }],
    });
  });

  it('agree on a file that is executable', async () => {
    const first = await read();
    expect(first.snapshot.executable).toEqual(new Set());
    const files = [{ path: STAGE, text: 'namespace: demo-stage\n' }];
    for (const executable of [true, false]) {
      const commit = await client.createCommit({
        parents: [first.snapshot.commit],
        message: 'Change',
        files: files.map(file => ({ ...file, executable })),
      });
      const { snapshot } = await readSnapshot(client, commit);
      expect(snapshot.files.get(STAGE)).toBe(files[0].text);
      expect(snapshot.executable).toEqual(new Set(executable ? [STAGE] : []));
    }
  });

  it('agree on links and submodules, whether followed or read from nothing', async () => {
    const first = await read();
    const api = async (path: string, body: object) => {
      const response = await fetch(
        `${sandbox.urls.github}/repos/${client.slug}/git/${path}`,
        {
          method: path.startsWith('refs/') ? 'PATCH' : 'POST',
          headers: { authorization: `Bearer ${sandbox.tokens.github}` },
          body: JSON.stringify(body),
        },
      );
      return response.json();
    };
    const { commit } = first.snapshot;
    const base = await client.tree(commit, { recursive: false });
    expect(base.truncated).toBe(false);
    const tree = await api('trees', {
      base_tree: (
        await (
          await fetch(
            `${sandbox.urls.github}/repos/${client.slug}/git/commits/${commit}`,
          )
        ).json()
      ).tree.sha,
      tree: [
        {
          path: 'apps/demo/linked.yaml',
          mode: '120000',
          type: 'blob',
          content: 'base/kustomization.yaml',
        },
        {
          path: 'apps/vendored',
          mode: '160000',
          type: 'commit',
          sha: 'd'.repeat(40),
        },
        { path: LOCAL, mode: '100644', type: 'blob', sha: null },
      ],
    });
    const made = await api('commits', {
      message: 'Link',
      tree: tree.sha,
      parents: [commit],
    });
    await api('refs/heads/main', { sha: made.sha });

    const followed = await read(first);
    const fresh = await read();
    expect(followed.snapshot).toEqual(fresh.snapshot);
    expect(Object.fromEntries(fresh.snapshot.unread)).toEqual({
      'apps/demo/linked.yaml': 'is a symbolic link',
      'apps/vendored': 'is a submodule',
    });
    expect(followed.changedPaths).toEqual(
      new Set(['apps/demo/linked.yaml', 'apps/vendored', LOCAL]),
    );
  });

  it('agree on what a revision means', async () => {
    const head = await client.head();
    await expect(client.resolve(head.slice(0, 10))).resolves.toBe(head);
    await client.createBranch('release/1', head);
    takeCalls();
    for (const revision of ['main', 'HEAD', 'release/1', head]) {
      await expect(client.resolve(revision)).resolves.toBe(head);
      await expect(client.resolve(revision)).resolves.toBe(head);
    }
    expect(takeCalls()).toEqual([
      ...Array.from({ length: 3 }, () => ['commits 200', 'commits 304']).flat(),
      'commits 200',
    ]);
    await expect(client.resolve('nowhere')).rejects.toMatchObject({
      name: 'NotFoundError',
    });
  });

  it('agree on the rate limit', async () => {
    sandbox.setGithub({ rateLimited: true });
    await expect(client.head()).rejects.toThrow('rate limit is reached');
    sandbox.setGithub({ rateLimited: false });
    await expect(client.head()).rejects.toThrow('rate limit is reached');
    expect(takeCalls()).toEqual(['ref 403']);
    expect(client.rateLimit).toMatchObject({ limit: 5_000, remaining: 0 });
  });
});
