import { execFile } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import {
  emptyFolder,
  findingsIn,
  git,
  gitopsInfra,
  infraTree,
  removeTrees,
  STAGE_OVERLAY,
} from './__testUtils__/infraTree';

afterAll(removeTrees);

const UNQUOTED = `resources:
  - ../../base
namespace: demo-stage
images:
  - name: demo
    newName: localhost:5001/demo
    newTag: 1.10
`;

describe('gitops-infra check', () => {
  it('has nothing to say of this repository', async () => {
    expect(await gitopsInfra(infraTree(), ['check'])).toEqual({
      code: 0,
      out: 'Nothing wrong in 2 environments.\n',
      err: '',
    });
  });

  it('tells a person what, where, why and what to do', async () => {
    const root = infraTree({ [STAGE_OVERLAY]: UNQUOTED });
    expect(await gitopsInfra(root, ['check'])).toEqual({
      code: 1,
      out: `apps/demo/overlays/stage/kustomization.yaml:7:13: error tag-not-string
  newTag of demo is not a string, so the overlay does not build and Argo CD keeps the old version.
  5 |   - name: demo
  6 |     newName: localhost:5001/demo
  7 |     newTag: 1.10
    |             ^
  why: Unquoted, 1.10 is a number to YAML: 1.1.
  fix: Quote it: newTag: "1.10"

1 error in 2 environments.
`,
      err: '',
    });
  });

  it('gives JSON of exactly these fields', async () => {
    const root = infraTree({ [STAGE_OVERLAY]: UNQUOTED });
    const { code, out } = await gitopsInfra('/', [
      'check',
      root,
      '--format=json',
    ]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      findings: [
        {
          code: 'tag-not-string',
          severity: 'error',
          message:
            'newTag of demo is not a string, so the overlay does not build and Argo CD keeps the old version. Unquoted, 1.10 is a number to YAML: 1.1.',
          file: STAGE_OVERLAY,
          line: 7,
          column: 13,
          fix: 'Quote it: newTag: "1.10"',
        },
      ],
    });
    expect(await findingsIn(infraTree())).toEqual([]);
  });

  it.each<[what: string, args: string[], message: RegExp]>([
    ['no command', [], /one command and one folder/],
    ['another command', ['fix'], /there is no command fix/],
    ['two folders', ['check', 'a', 'b'], /one command and one folder/],
    ['an unknown option', ['check', '--tokn'], /--tokn/],
    ['another format', ['check', '--format', 'toString'], /no format toString/],
    ['no number', ['check', '--max-warnings', 'x'], /no number of warnings/],
    ['no address', ['check', '--argocd', 'argo'], /no address of an Argo CD/],
    ['a folder that is not there', ['check', 'gone'], /is no folder/],
    ['a folder of something else', ['check'], /no infra repository/],
    [
      'a kustomize that is not there',
      ['check', infraTree(), '--kustomize', '/nowhere/kustomize'],
      /cannot be run/,
    ],
  ])('ends with 2 for %s', async (_, args, message) => {
    const { code, out, err } = await gitopsInfra(emptyFolder(), args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(message);
  });

  it('says how it is used', async () => {
    const { code, out } = await gitopsInfra('/', ['--help']);
    expect(code).toBe(0);
    expect(out).toContain('gitops-infra check [dir]');
  });

  it('counts warnings when it is asked to', async () => {
    const root = infraTree({
      [STAGE_OVERLAY]: `${UNQUOTED.replace('1.10', 'latest')}patches:
  - target: {kind: Ingress}
    patch: |-
      - {op: replace, path: /spec/rules/0/host, value: stage.localtest.me}
`,
    });
    const codeWith = async (...args: string[]) =>
      (await gitopsInfra(root, ['check', ...args])).code;
    expect(await codeWith()).toBe(0);
    expect(await codeWith('--max-warnings', '1')).toBe(0);
    expect(await codeWith('--max-warnings', '0')).toBe(1);
  });

  it('names files as their repository does, from wherever it is run', async () => {
    const outer = emptyFolder();
    const root = join(outer, 'in fra');
    cpSync(infraTree({ [STAGE_OVERLAY]: UNQUOTED }), root, { recursive: true });
    const filesIn = async (cwd: string, folder: string) => {
      const told = async (format: string) =>
        (await gitopsInfra(cwd, ['check', folder, '--format', format])).out;
      const [result] = JSON.parse(await told('sarif')).runs[0].results;
      return [
        /file=([^,]*)/.exec(await told('github'))?.[1],
        result.locations[0].physicalLocation.artifactLocation.uri,
        JSON.parse(await told('json')).findings[0].file,
      ];
    };
    expect(await filesIn(outer, 'in fra')).toEqual([
      STAGE_OVERLAY,
      STAGE_OVERLAY,
      STAGE_OVERLAY,
    ]);
    git(outer, 'init');
    const inRepository = [
      `in fra/${STAGE_OVERLAY}`,
      `in%20fra/${STAGE_OVERLAY}`,
      STAGE_OVERLAY,
    ];
    expect(await filesIn(outer, 'in fra')).toEqual(inRepository);
    expect(await filesIn(root, '.')).toEqual(inRepository);
    expect(await filesIn('/', root)).toEqual(inRepository);
  });

  it('writes no workflow command of a tree into the log of GitHub Actions', async () => {
    const root = infraTree({
      [STAGE_OVERLAY]: UNQUOTED.replace(
        /demo$/m,
        '"::stop-commands::tok"',
      ).replace('  - name', '  # ##[add-mask]a\n  - name'),
    });
    const { out } = await gitopsInfra(root, ['check'], {
      GITHUB_ACTIONS: 'true',
    });
    expect(out).toContain('stop-commands');
    expect(out).not.toMatch(/^\s*::|##\[/m);
  });

  it('runs as a program from source', async () => {
    const root = infraTree({ [STAGE_OVERLAY]: UNQUOTED });
    const program = join(__dirname, '../bin/gitops-infra.js');
    const result = await new Promise(resolve =>
      execFile(
        process.execPath,
        [program, 'check', root, '--format', 'github'],
        // Jest's own settings are not the program's.
        { env: { PATH: process.env.PATH } },
        (error, stdout) => resolve({ code: error?.code, stdout }),
      ),
    );
    expect(result).toEqual({
      code: 1,
      stdout: expect.stringMatching(/^::error file=.*title=tag-not-string::/),
    });
  }, 60_000);
});

describe('the repository that a working tree is', () => {
  const application = 'bootstrap/demo-stage-application.yaml';
  const forked = () =>
    infraTree({
      [application]: `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: demo-stage}
spec:
  source:
    repoURL: https://github.com/jane/gitops-infra
    path: apps/demo/overlays/stage
  destination: {namespace: demo-stage}
`,
    });

  it('is the one that most Applications, or the first of them, name', async () => {
    expect(await findingsIn(forked())).toMatchObject([
      {
        code: 'source-not-infra',
        severity: 'error',
        file: application,
        line: 6,
        column: 14,
      },
    ]);
  });

  it('is the one that is given', async () => {
    const given = ['--repository', 'git@github.com:jane/gitops-infra.git'];
    expect(await findingsIn(forked(), given)).toMatchObject([
      { code: 'source-not-infra', file: 'bootstrap/demo-application.yaml' },
    ]);
  });
});
