import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  emptyFolder,
  findingsIn,
  gitopsInfra,
  infraTree,
  removeTrees,
  STAGE_OVERLAY,
  write,
} from '../__testUtils__/infraTree';

afterAll(removeTrees);

const overlay = (resource = '../../base', more = '') =>
  `resources: [${resource}]\nnamespace: demo-stage\n${more}`;

/** A program that is called as kustomize is. */
function program(script: string, name = 'kustomize'): string {
  const folder = emptyFolder();
  write(folder, { [name]: `#!/bin/sh\n${script}\n` });
  chmodSync(join(folder, name), 0o755);
  return join(folder, name);
}

const ingress = (host: string) =>
  `echo 'kind: Ingress\nspec: {rules: [{host: ${host}, http: {paths: [{path: /}]}}]}'`;

describe('hosts', () => {
  it('are compared as the real kustomize renders them', async () => {
    const root = infraTree({ [STAGE_OVERLAY]: overlay() });
    expect(await findingsIn(root)).toMatchObject([
      {
        code: 'host-shared',
        severity: 'error',
        message: expect.stringContaining(
          'both want the host demo.localtest.me',
        ),
        file: STAGE_OVERLAY,
      },
    ]);
  });

  it('are rendered by the program that is given, as that program wants it', async () => {
    const root = infraTree();
    const kustomize = program(`[ "$1" = build ] && ${ingress('a.test')}`);
    const kubectl = program(
      `[ "$1" = kustomize ] && ${ingress('b.test')}`,
      'kubectl',
    );
    const hostsBy = async (path: string) =>
      (await findingsIn(root, ['--kustomize', path])).map(
        ({ message }) => /host (\S+)\./.exec(message)?.[1],
      );
    expect(await hostsBy(kustomize)).toEqual(['a.test']);
    expect(await hostsBy(kubectl)).toEqual(['b.test']);
  });

  it('are rendered by what is on the PATH', async () => {
    const env = {
      PATH: join(program(ingress('path.test'), 'kustomize'), '..'),
    };
    expect(await findingsIn(infraTree(), [], env)).toMatchObject([
      { message: expect.stringContaining('path.test') },
    ]);
  });

  it('are not rendered of what reaches beyond the tree', async () => {
    const mark = join(emptyFolder(), 'ran');
    const kustomize = program(`touch ${mark}; exit 1`);
    for (const text of [
      overlay('https://example.com/base'),
      overlay('github.com/demo/base'),
      overlay('../../../../../outside'),
      overlay('../../base', 'patches: [{path: "http://example.com/p.yaml"}]\n'),
    ]) {
      const root = infraTree({
        [STAGE_OVERLAY]: text,
        'apps/demo/overlays/local/kustomization.yaml': text,
      });
      const { code } = await gitopsInfra(root, [
        'check',
        '--kustomize',
        kustomize,
      ]);
      // Both have the namespace of stage.
      expect(code).toBe(1);
    }
    expect(existsSync(mark)).toBe(false);
  });

  it('are left, with the reason, where kustomize refuses an overlay', async () => {
    const kustomize = program('echo "unknown field" >&2; exit 1');
    expect(
      await findingsIn(infraTree(), ['--kustomize', kustomize]),
    ).toMatchObject([
      { code: 'comparison-error', severity: 'error' },
      { code: 'comparison-error', severity: 'error' },
    ]);
  });

  describe('are unknown, and the overlay not wrong, where the renderer', () => {
    it.each([
      [
        'says more than is read',
        '/usr/bin/head -c 17000000 /dev/zero',
        'it makes more than 16777216 bytes',
      ],
      [
        'ends by a signal',
        'kill -9 $$',
        'the program ended by itself (a signal)',
      ],
    ])('%s', async (_, script, why) => {
      expect(
        await gitopsInfra(infraTree(), [
          'check',
          ...['--kustomize', program(script)],
        ]),
      ).toEqual({
        code: 0,
        out: 'Nothing wrong in 2 environments.\n',
        err: expect.stringContaining(
          `Hosts could not be checked: ${why} (demo`,
        ),
      });
    });

    it('was not named, and cannot build', async () => {
      const kubectl = program('echo "unknown command" >&2; exit 1', 'kubectl');
      const { code, err } = await gitopsInfra(infraTree(), ['check'], {
        PATH: join(kubectl, '..'),
      });
      expect(code).toBe(0);
      expect(err).toContain(
        'Hosts could not be checked: unknown command (demo',
      );
    });
  });

  it('are rendered without what the command itself is given', async () => {
    const mark = join(emptyFolder(), 'sees');
    const kustomize = program(`/usr/bin/env > ${mark}`);
    await findingsIn(infraTree(), ['--kustomize', kustomize], {
      PATH: '/usr/bin',
      ARGOCD_TOKEN: 's3cret',
    });
    const seen = readFileSync(mark, 'utf8');
    expect(seen).toMatch(/^PATH=\/usr\/bin$/m);
    expect(seen).not.toContain('s3cret');
  });

  it('are not rendered unasked where that would take long', async () => {
    const indexes = Array.from({ length: 41 }, (_, index) => index);
    const root = infraTree({
      'bootstrap/kustomization.yaml': 'resources: [many.yaml]\n',
      'bootstrap/many.yaml': indexes
        .map(index =>
          JSON.stringify({
            apiVersion: 'argoproj.io/v1alpha1',
            kind: 'Application',
            metadata: { name: `many-${index}` },
            spec: { source: { path: `apps/many/overlays/e${index}` } },
          }),
        )
        .join('\n---\n'),
      ...Object.fromEntries(
        indexes.map(index => [
          `apps/many/overlays/e${index}/kustomization.yaml`,
          'images: []\n',
        ]),
      ),
    });
    const { code, err } = await gitopsInfra(root, ['check']);
    expect(err).toMatch(
      /^Hosts could not be checked: there are 41 overlays; --kustomize \S+ renders them all\.\n$/,
    );
    expect(code).toBe(0);
  });
});
