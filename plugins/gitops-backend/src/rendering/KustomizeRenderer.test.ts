import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { kustomizeBinary } from '@gitops-infra/sandbox';
import { KustomizeRenderer } from './KustomizeRenderer';

const NEVER = new AbortController().signal;
const OVERLAY = 'apps/demo/overlays/stage';

const source = (kustomization: string, more: Record<string, string> = {}) => ({
  overlayPath: OVERLAY,
  files: new Map(
    Object.entries({
      [`${OVERLAY}/kustomization.yaml`]: kustomization,
      'apps/demo/base/kustomization.yaml': 'resources: [ingress.yaml]',
      'apps/demo/base/ingress.yaml':
        'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec: {rules: [{host: a.test}]}',
      ...more,
    }),
  ),
});

const ON_BASE = source('resources: [../../base]\nnamespace: demo');

describe('KustomizeRenderer', () => {
  let folder: string;
  let temporary: string | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kustomize-renderer-test-'));
    temporary = process.env.TMPDIR;
    process.env.TMPDIR = mkdtempSync(join(folder, 'tmp-'));
  });

  afterEach(() => {
    // Whatever came of it, nothing is left behind.
    const left = readdirSync(process.env.TMPDIR ?? '');
    if (temporary === undefined) {
      delete process.env.TMPDIR;
    } else {
      process.env.TMPDIR = temporary;
    }
    rmSync(folder, { recursive: true });
    // eslint-disable-next-line jest/no-standalone-expect
    expect(left).toEqual([]);
  });

  const kustomize = () => new KustomizeRenderer({ program: kustomizeBinary() });

  /** A program that is called as kustomize is. */
  function program(script: string, options: { timeoutMs?: number } = {}) {
    const path = join(folder, 'kustomize');
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return new KustomizeRenderer({ program: path, ...options });
  }

  it('renders an overlay and its base as the real kustomize does', async () => {
    expect(await kustomize().render(ON_BASE, NEVER)).toEqual({
      output: expect.stringMatching(/namespace: demo\n[^]*host: a\.test/),
    });
  });

  it.each<[string, string, Record<string, string>, string]>([
    ['that is malformed', 'images: {', {}, 'yaml'],
    ['with a field that is none', 'nothing: 1', {}, 'nothing'],
    [
      'that reads what is outside of it',
      'patchesStrategicMerge: [../../base/ingress.yaml]',
      {},
      'security; file',
    ],
    [
      'with charts',
      'helmCharts: [{name: a, repo: "https://e.test", version: "1"}]',
      {},
      'enable-helm',
    ],
    [
      'that runs a program',
      'generators: [g.yaml]',
      {
        [`${OVERLAY}/g.yaml`]:
          'apiVersion: v1\nkind: G\nmetadata: {name: g, annotations: {config.kubernetes.io/function: "exec: {path: ./g.sh}"}}',
      },
      'plugin',
    ],
    ['on a repository', 'resources: ["https://e.test/a/b.git"]', {}, 'git'],
  ])('refuses an overlay %s', async (_, text, more, said) => {
    const rendering = await kustomize().render(source(text, more), NEVER);
    expect(rendering).toEqual({ refused: expect.stringContaining(said) });
    expect(JSON.stringify(rendering)).not.toContain(folder);
  });

  it('gives the program nothing but the overlay', async () => {
    process.env.SECRET_OF_THE_BACKEND = 'secret';
    const sees = await program(
      '/usr/bin/env; echo "$@"; /usr/bin/find . -type f',
    ).render(ON_BASE, NEVER);
    delete process.env.SECRET_OF_THE_BACKEND;
    expect(sees).toEqual({
      output: expect.stringMatching(
        /^build --load-restrictor LoadRestrictionsRootOnly \S+stage$/m,
      ),
    });
    const { output } = sees as { output: string };
    expect(output).not.toContain('SECRET_OF_THE_BACKEND');
    expect(output).toMatch(/^PATH=\S+no-programs$/m);
    expect(output.match(/^\.\/.*$/gm)?.sort()).toEqual(
      [...ON_BASE.files.keys()].map(path => `./tree/${path}`).sort(),
    );
  });

  it('takes what the overlay is called for no more than a name', async () => {
    const overlayPath = 'apps/demo/$(touch hacked); --help';
    const files = new Map([
      [`${overlayPath}/kustomization.yaml`, 'images: []'],
    ]);
    expect(
      await program('echo "$4"').render({ overlayPath, files }, NEVER),
    ).toEqual({ output: expect.stringContaining(overlayPath) });
  });

  it.each([
    ['takes too long', 'while :; do :; done', 'took longer than 0.2 seconds'],
    ['ends by a signal', 'kill -9 $$', 'ended by itself'],
    [
      'says more than is read',
      '/usr/bin/head -c 9000000 /dev/zero',
      'makes more of it than',
    ],
  ])(
    'may succeed another time where the program %s',
    async (_, script, why) => {
      expect(
        await program(script, {
          timeoutMs: why.includes('0.2') ? 200 : 10_000,
        }).render(ON_BASE, NEVER),
      ).toEqual({ failed: expect.stringContaining(why) });
    },
  );

  it('says what to do where there is no program', async () => {
    const missing = new KustomizeRenderer({ program: 'no-such-kustomize' });
    expect(await missing.render(ON_BASE, NEVER)).toEqual({
      failed: expect.stringContaining('correct gitops.rendering.kustomize'),
    });
  });

  it('finds the program by its name', async () => {
    program('echo found');
    const path = process.env.PATH;
    process.env.PATH = [path, folder].join(delimiter);
    const named = new KustomizeRenderer({ program: 'kustomize' });
    process.env.PATH = path;
    expect(await named.render(ON_BASE, NEVER)).toHaveProperty('output');
  });

  it('ends with its signal', async () => {
    const stopped = new AbortController();
    const rendering = program('while :; do :; done').render(
      ON_BASE,
      stopped.signal,
    );
    setTimeout(() => stopped.abort(), 50);
    expect(await rendering).toHaveProperty('failed');
  });
});
