import { createServer, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  clone,
  findingsIn,
  git,
  gitopsInfra,
  infraTree,
  removeTrees,
  STAGE_OVERLAY,
  write,
} from '../__testUtils__/infraTree';

const RECORDINGS = join(__dirname, '../../../sandbox/recordings');

const recorded = (path: string) =>
  JSON.parse(readFileSync(join(RECORDINGS, path), 'utf8')).response.body;

const OVERLAY = `resources: [../../base]
namespace: demo-stage
images:
  - {name: demo, newName: localhost:5001/demo, newTag: "1.5.0"}
patches:
  - target: {kind: Ingress}
    patch: |-
      - {op: replace, path: /spec/rules/0/host, value: stage.localtest.me}
`;

describe('--argocd', () => {
  let server: Server;
  let answer: { status: number; body: unknown };
  let tree: { status: number; body: unknown };
  let asked: { url?: string; authorization?: string }[];

  beforeAll(async () => {
    server = createServer(({ url, headers }, response) => {
      asked.push({ url, authorization: headers.authorization });
      const { status, body } = url?.includes('/resource-tree') ? tree : answer;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
  });
  beforeEach(() => {
    asked = [];
    tree = { status: 404, body: {} };
  });
  afterAll(async () => {
    removeTrees();
    await new Promise(resolve => {
      server.close(resolve);
    });
  });

  const address = () =>
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  /** A recorded Application, as if it deployed from the repository. */
  const application = (folder: string, revision?: string) => {
    const body = recorded(`${folder}/application.json`);
    body.spec.source.repoURL = 'https://github.com/demo/gitops-infra';
    body.status.sync.revision = revision ?? body.status.sync.revision;
    return body;
  };

  it('adds what Argo CD says, read with the token of the environment', async () => {
    answer = {
      status: 200,
      body: { items: [application('o-image-override')] },
    };
    const root = clone({ [STAGE_OVERLAY]: OVERLAY });
    const findings = await findingsIn(root, ['--argocd', `${address()}/`], {
      ARGOCD_TOKEN: 't0k',
    });
    expect(findings).toMatchObject([
      { code: 'overridden-outside-git', file: STAGE_OVERLAY, line: 4 },
    ]);
    expect(asked[0]).toEqual({
      url: '/api/v1/applications',
      authorization: 'Bearer t0k',
    });
  });

  describe('compares the tree with what runs', () => {
    const argocd = (root: string) =>
      gitopsInfra(root, ['check', '--argocd', address()]);
    /** Argo CD runs what the clone's first commit says. */
    const running = (root: string) => {
      const revision = git(root, 'rev-parse', 'HEAD');
      answer = {
        status: 200,
        body: { items: [application('a-synced-healthy', revision)] },
      };
    };
    const pinOther = (root: string) =>
      write(root, { [STAGE_OVERLAY]: OVERLAY.replace('1.5.0', '9.9.9') });
    const commit = (root: string) => git(root, 'commit', '-am', 'Pin 9.9.9');
    const nothing = (why: string) => ({
      code: 0,
      out: 'Nothing wrong in 2 environments.\n',
      err: `Not compared with what runs: ${why} (demo-stage).\n`,
    });

    it('where it is the deployed branch', async () => {
      const root = clone();
      running(root);
      pinOther(root);
      commit(root);
      git(root, 'push');
      const { out, err } = await argocd(root);
      expect(out).toContain('1 commit is merged and not yet seen by Argo CD.');
      expect(err).toBe('');
    });

    it('but not what is not committed', async () => {
      const root = clone();
      running(root);
      pinOther(root);
      expect(await argocd(root)).toEqual(
        nothing('files differ from origin/main, as it was last fetched'),
      );
      git(root, 'update-index', '--assume-unchanged', STAGE_OVERLAY);
      expect(await argocd(root)).toMatchObject({ code: 0 });
    });

    it('but not what is not pushed, which is told', async () => {
      const root = clone();
      running(root);
      pinOther(root);
      commit(root);
      const { out, err } = await argocd(root);
      expect(out.match(/not-deployed/g)).toHaveLength(1);
      expect(out).toContain('1 commit is not pushed');
      expect(err).toContain('files differ from origin/main');
    });

    it('but not what is not pulled', async () => {
      const root = clone();
      const before = git(root, 'rev-parse', 'HEAD');
      pinOther(root);
      commit(root);
      git(root, 'push');
      running(root);
      git(root, 'reset', '--hard', before);
      expect(await argocd(root)).toEqual(
        nothing('files differ from origin/main, as it was last fetched'),
      );
    });

    it('but not another branch', async () => {
      const root = clone();
      running(root);
      git(root, 'checkout', '-b', 'feature');
      pinOther(root);
      commit(root);
      expect(await argocd(root)).toEqual(
        nothing('the checked out branch follows no branch of a remote'),
      );
      git(root, 'push', '-u', 'origin', 'feature');
      expect(await argocd(root)).toEqual(
        nothing(
          'the checked out branch follows origin/feature, which is not deployed',
        ),
      );
    });

    it('but not the branch of a fork', async () => {
      const root = clone();
      running(root);
      pinOther(root);
      commit(root);
      git(root, 'push');
      git(root, 'remote', 'set-url', 'origin', 'https://github.com/jane/infra');
      expect(await argocd(root)).toEqual(
        nothing(
          'origin/main is of another repository than the one that is deployed',
        ),
      );
    });

    it('but no tree without Git', async () => {
      const root = clone();
      running(root);
      pinOther(root);
      rmSync(join(root, '.git'), { recursive: true });
      expect(await argocd(root)).toEqual(
        nothing('the folder is in no Git repository'),
      );
    });
  });

  describe('of an Application that is not Healthy', () => {
    const pinned = OVERLAY.replace('1.5.0', '0.0.7');
    const tried = async (folder: string) => {
      const root = clone({ [STAGE_OVERLAY]: pinned });
      const body = application(folder, git(root, 'rev-parse', 'HEAD'));
      body.status.sync.status = 'Synced';
      body.status.summary.images = ['localhost:5001/demo:0.0.6'];
      answer = { status: 200, body: { items: [body] } };
      const { out, err } = await gitopsInfra(
        root,
        ['check', '--argocd', address()],
        { ARGOCD_TOKEN: 't0k' },
      );
      return {
        codes: out.match(/(?<=(?:error|warning|info) )[a-z-]+$/gm),
        err,
      };
    };

    it('asks what keeps it from being so', async () => {
      const folder = 'e2-image-pull-backoff-degraded';
      tree = { status: 200, body: recorded(`${folder}/resource-tree.json`) };
      expect(await tried(folder)).toEqual({
        codes: ['image-pull-failed'],
        err: '',
      });
      expect(asked[1]).toEqual({
        url: '/api/v1/applications/demo-stage/resource-tree?appNamespace=argocd',
        authorization: 'Bearer t0k',
      });
    });

    it('says that it could not be asked, and claims no rollout', async () => {
      tree = { status: 403, body: {} };
      expect(await tried('e1-image-pull-backoff-progressing')).toEqual({
        codes: null,
        err: expect.stringMatching(
          /^What keeps environments from being Healthy could not be read: Argo CD at \S+ refuses with 403: .* \(demo-stage\)\.\n$/,
        ),
      });
    });
  });

  it.each<[status: number, body: unknown, message: RegExp]>([
    [401, recorded('errors/unauthenticated.json'), /set ARGOCD_TOKEN/],
    [403, recorded('errors/missing-app.json'), /set ARGOCD_TOKEN/],
    [502, 'bad gateway', /answers 502/],
  ])('ends with 2 where Argo CD answers %s', async (status, body, message) => {
    answer = { status, body };
    const { code, err } = await gitopsInfra(infraTree(), [
      'check',
      '--argocd',
      address(),
    ]);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  it('takes a list without rights for no Applications', async () => {
    answer = { status: 200, body: recorded('errors/list-without-rights.json') };
    expect(await findingsIn(infraTree(), ['--argocd', address()])).toEqual([]);
  });

  it('ends with 2 where nothing answers', async () => {
    const { code, err } = await gitopsInfra(infraTree(), [
      'check',
      '--argocd',
      'http://127.0.0.1:1',
    ]);
    expect(code).toBe(2);
    expect(err).toMatch(/does not answer/);
  });
});
