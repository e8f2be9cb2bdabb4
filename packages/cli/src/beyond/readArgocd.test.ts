import { createServer, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  findingsIn,
  git,
  gitopsInfra,
  infraTree,
  removeTrees,
  STAGE_OVERLAY,
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
  let asked: { url?: string; authorization?: string }[];

  beforeAll(async () => {
    server = createServer(({ url, headers }, response) => {
      asked.push({ url, authorization: headers.authorization });
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body));
    });
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
  });
  beforeEach(() => {
    asked = [];
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
    const root = infraTree({ [STAGE_OVERLAY]: OVERLAY });
    const findings = await findingsIn(root, ['--argocd', `${address()}/`], {
      ARGOCD_TOKEN: 't0k',
    });
    expect(findings).toMatchObject([
      { code: 'overridden-outside-git', file: STAGE_OVERLAY, line: 4 },
    ]);
    expect(asked).toEqual([
      { url: '/api/v1/applications', authorization: 'Bearer t0k' },
    ]);
  });

  it('asks Git how far Argo CD is behind', async () => {
    const root = infraTree();
    git(root, 'init');
    git(root, 'add', '-A');
    git(root, 'commit', '-m', 'Begin');
    const begin = git(root, 'rev-parse', 'HEAD');
    const changed = infraTree({ [STAGE_OVERLAY]: OVERLAY });
    git(root, '--work-tree', changed, 'add', '-A');
    git(root, 'commit', '-m', 'Pin 1.5.0');
    git(root, 'checkout', '--', '.');

    answer = {
      status: 200,
      body: { items: [application('a-synced-healthy', begin)] },
    };
    expect(await findingsIn(root, ['--argocd', address()])).toMatchObject([
      {
        code: 'not-deployed',
        severity: 'info',
        message: expect.stringContaining(
          '1 commit is merged and not yet seen by Argo CD.',
        ),
      },
    ]);
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
