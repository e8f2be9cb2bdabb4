import { kustomizeBuild } from '../__testUtils__/kustomize';
import { demoSnapshot, snapshotOf } from '../__testUtils__/tree';
import { pruneRenderInputs, renderInputs } from './renderInputs';

const OVERLAY = 'apps/demo/overlays/stage';
const STAGE = { overlayPath: OVERLAY };
const FILE = `${OVERLAY}/kustomization.yaml`;
const BASE = 'apps/demo/base/kustomization.yaml';

/** What rendering an overlay of that text takes. */
const inputsOf = (text: string, more: Record<string, string> = {}) =>
  renderInputs(snapshotOf({ [FILE]: text, ...more }), STAGE);

const filesOf = (inputs: ReturnType<typeof renderInputs>) => {
  if ('unknown' in inputs) {
    throw new Error(inputs.unknown);
  }
  return inputs.files;
};

describe('renderInputs', () => {
  it('are all that the real kustomize needs for the overlays of this repository', () => {
    const files = filesOf(renderInputs(demoSnapshot(), STAGE));
    expect(kustomizeBuild(Object.fromEntries(files), OVERLAY)).toMatchObject({
      ok: true,
      output: expect.stringContaining('stage.localtest.me'),
    });
    expect([...files.keys()].filter(path => /local\/|boot/.test(path))).toEqual(
      [],
    );
  });

  it.each<[string, string, Record<string, string>]>([
    ['resources', 'resources: [a.yaml]', { [`${OVERLAY}/a.yaml`]: 'kind: A' }],
    ['folders', 'resources: [../../base]', { [BASE]: 'images: []' }],
    ['components', 'components: [../../base]', { [BASE]: 'kind: Component' }],
    [
      'patches',
      'patches: [{path: p.yaml}, {patch: "a: 1", target: {kind: A}}]',
      { [`${OVERLAY}/p.yaml`]: 'kind: A' },
    ],
    [
      'strategic patches, in place or in a file',
      'patchesStrategicMerge: [p.yaml, "kind: A\\nspec: {}\\n"]',
      { [`${OVERLAY}/p.yaml`]: 'kind: A' },
    ],
    [
      'data',
      'configMapGenerator: [{name: a, files: [k=d.yaml]}]',
      { [`${OVERLAY}/d.yaml`]: 'a: 1' },
    ],
    [
      'addresses that nothing is fetched from',
      'commonAnnotations: {link: "https://example.com/a?b"}',
      {},
    ],
    [
      'a second Kustomization, which Kustomize refuses',
      'images: []',
      { [`${OVERLAY}/Kustomization`]: 'images: []' },
    ],
  ])('have %s', (_, text, more) => {
    const files = filesOf(
      inputsOf(text, { ...more, 'apps/demo/other.yaml': 'kind: B' }),
    );
    expect(Object.fromEntries(files)).toEqual({ [FILE]: text, ...more });
  });

  it.each([
    ['an address', 'resources: ["https://example.com/a.yaml"]'],
    ['an address that is escaped', 'resources: ["https:\\x2f\\x2fe.test/a"]'],
    ['a repository', 'resources: ["github.com/a/b"]'],
    ['a repository by its short name', 'components: ["gh:a/b"]'],
    ['a repository by SSH', 'bases: ["git@github.com:a/b.git"]'],
    ['a repository by its server', 'bases: ["../_git/b"]'],
    ['a patch elsewhere', 'patches: [{path: "http://e.test/p.yaml"}]'],
    ['a schema elsewhere', 'openapi: {path: "http://e.test/p.json"}'],
    ['data elsewhere', 'configMapGenerator: [{files: ["a=http://e.test/"]}]'],
    ['what is outside of the tree', 'resources: [../../../../../etc]'],
    ['an absolute path', 'resources: [/etc/passwd]'],
    ['what is not there', 'resources: [gone.yaml]'],
    ['a link', 'resources: [../../linked]'],
    ['a patch that is not there', 'patches: [{path: gone.yaml}]'],
    ['charts', 'helmCharts: [{name: web}]'],
    ['generators that are not there', 'generators: [g.yaml]'],
    ['plugins elsewhere', 'transformers: ["github.com/a/b"]'],
    ['validators', 'validators: [v.yaml]'],
    ['a field that is not known', 'fetches: [a]'],
    ['a field in another case', 'Resources: ["github.com/a/b"]'],
    ['a field of an entry in another case', 'patches: [{Path: a.yaml}]'],
    ['a field of a mapping in another case', 'openapi: {PATH: a.json}'],
    ['a merge key', 'resources: []\n<<: {resources: ["github.com/a/b"]}'],
    ['a list', '- resources'],
    ['nothing', ''],
  ])('are not known of an overlay with %s', (_, text) => {
    const linked = { 'apps/demo/linked': 'is a symbolic link' };
    const overlay = snapshotOf({ [FILE]: text }, linked);
    const onIt = snapshotOf(
      { [FILE]: 'resources: [../../base]', [BASE]: text.replace('../', '') },
      linked,
    );
    const because = { unknown: expect.stringMatching(/^[^\n]+\.$/) };
    expect(renderInputs(overlay, STAGE)).toEqual(because);
    expect(renderInputs(onIt, STAGE)).toEqual(because);
  });

  it.each([
    ['is not there', snapshotOf({})],
    ['is a link', snapshotOf({}, { [OVERLAY]: 'is a symbolic link' })],
    ['is not read', snapshotOf({}, { [FILE]: 'is no UTF-8 text' })],
  ])('are not known of an overlay that %s', (_, snapshot) => {
    expect(renderInputs(snapshot, STAGE)).toEqual({
      unknown: expect.stringContaining(OVERLAY),
    });
  });

  it('are not known where Argo CD renders something else than the overlay alone', () => {
    expect(
      renderInputs(demoSnapshot(), {
        overlayPath: OVERLAY,
        renderedWith: ['kustomize.patches'],
      }),
    ).toEqual({ unknown: expect.stringContaining('kustomize.patches') });
  });

  const WITH_DATA = `
secretGenerator: [{name: s, files: [k=s.txt], env: .env}]
configMapGenerator: [{name: c, files: [c.conf]}]
resources: [a.yaml]
`;
  const MANIFEST =
    'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec: {rules: [{host: a.test}]}';

  it('have no data that is not read, and are rendered to the same but for the data', () => {
    const inputs = inputsOf(WITH_DATA, { [`${OVERLAY}/a.yaml`]: MANIFEST });
    expect(inputs).toMatchObject({ lacking: undefined });
    const files = Object.fromEntries(filesOf(inputs));
    const data = ['s.txt', '.env', 'c.conf'].map(name => `${OVERLAY}/${name}`);
    expect(data.map(path => files[path])).toEqual(['', '', '']);
    const withData = {
      ...files,
      ...Object.fromEntries(data.map(path => [path, 'A=b\n'])),
    };
    const ingress = (tree: Record<string, string>) => {
      const build = kustomizeBuild(tree, OVERLAY);
      return build.ok && /kind: Ingress[^]*?(?=---|$)/.exec(build.output)?.[0];
    };
    const rendered = ingress(files);
    expect(rendered).toContain('host: a.test');
    expect(ingress(withData)).toBe(rendered);
  });

  it.each([
    ['replacements', 'replacements: [{source: {kind: ConfigMap}}]'],
    ['variables', 'vars: [{name: A}]'],
    [
      'a plugin that replaces',
      'transformers: ["{apiVersion: builtin, kind: ReplacementTransformer,\\n replacements: [{path: r.yaml}]}"]',
    ],
  ])(
    'do not do where %s may write such data into other manifests',
    (_, more) => {
      expect(
        inputsOf(`${WITH_DATA}${more}`, {
          [`${OVERLAY}/a.yaml`]: MANIFEST,
          [`${OVERLAY}/r.yaml`]: '- source: {kind: ConfigMap}',
        }),
      ).toMatchObject({
        lacking: `${OVERLAY}/c.conf is not read, and ${FILE} may write what it says into other manifests.`,
      });
    },
  );

  it('are not known where a folder is named as data', () => {
    expect(
      inputsOf('resources: [../../base]\nsecretGenerator: [{files: [../..]}]', {
        [BASE]: 'images: []',
      }),
    ).toEqual({ unknown: 'apps/demo is named as a file, and is a folder.' });
  });

  const prefix = (more = '') =>
    `apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: p}\nprefix: pre-\nfieldSpecs: [{path: metadata/name}]\n${more}`;

  it.each<[string, string, Record<string, string>, string]>([
    [
      'a transformer',
      'resources: [a.yaml]\ntransformers: [t.yaml]',
      { [`${OVERLAY}/t.yaml`]: `${prefix()}---\n` },
      'name: pre-a',
    ],
    [
      'a transformer that is written in place',
      `resources: [a.yaml]\ntransformers:\n- |\n  ${prefix().replaceAll(
        '\n',
        '\n  ',
      )}`,
      {},
      'name: pre-a',
    ],
    [
      'a patch that a transformer of the base names',
      'resources: [../../base, a.yaml]',
      {
        [BASE]: 'resources: [b.yaml]\ntransformers: [t.yaml]',
        'apps/demo/base/b.yaml': MANIFEST.replace('name: a', 'name: b'),
        'apps/demo/base/t.yaml':
          'apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: p}\npath: p.yaml\ntarget: {kind: Ingress}',
        'apps/demo/base/p.yaml':
          '- {op: replace, path: /spec/rules/0/host, value: patched.test}',
      },
      'host: patched.test',
    ],
    [
      'a generator with its data',
      'resources: [a.yaml]\ngenerators: [g.yaml]',
      {
        [`${OVERLAY}/g.yaml`]:
          'apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: g}\nfiles: [k.yaml, l.txt]',
        [`${OVERLAY}/k.yaml`]: 'generated: true',
      },
      'generated: true',
    ],
    [
      'a patch that is JSON',
      'resources: [a.yaml]\npatchesJson6902: [{path: p.json, target: {group: networking.k8s.io, version: v1, kind: Ingress, name: a}}]',
      {
        [`${OVERLAY}/p.json`]:
          '[{"op": "replace", "path": "/spec/rules/0/host", "value": "b.test"}]',
      },
      '- host: b.test',
    ],
    [
      'components, replacements and patches',
      'resources: [a.yaml]\ncomponents: [../../base]\nreplacements: [{path: r.yaml}]',
      {
        [BASE]:
          'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{path: p.yaml, target: {kind: Ingress}}]',
        'apps/demo/base/p.yaml':
          '- {op: add, path: /metadata/labels, value: {host: b.test}}',
        [`${OVERLAY}/r.yaml`]:
          '- source: {kind: Ingress, fieldPath: metadata.labels.host}\n  targets: [{select: {kind: Ingress}, fieldPaths: [spec.rules.0.host]}]',
      },
      '- host: b.test',
    ],
  ])(
    'of %s are all that the real kustomize needs',
    (_, text, more, expected) => {
      const files = filesOf(
        inputsOf(text, { [`${OVERLAY}/a.yaml`]: MANIFEST, ...more }),
      );
      expect(kustomizeBuild(Object.fromEntries(files), OVERLAY)).toMatchObject({
        ok: true,
        output: expect.stringContaining(expected),
      });
    },
  );

  it.each([
    ['of an extension', 'apiVersion: example.com/v1\nkind: PrefixTransformer'],
    ['of charts', 'apiVersion: builtin\nkind: HelmChartInflationGenerator'],
    ['of no kind', 'apiVersion: builtin'],
    ['of a kind of JavaScript', 'apiVersion: builtin\nkind: constructor'],
    ['that runs a program', prefix('metadata: {annotations: {a: b}}')],
    ['with a field in another case', prefix('Prefix: a')],
    [
      'with a field of an entry in another case',
      'apiVersion: builtin\nkind: ReplacementTransformer\nreplacements: [{Path: a}]',
    ],
    ['with a merge key', prefix('<<: {prefix: b}')],
    ['that cannot be read', 'a: {'],
    ['that is a list', '- a'],
    [
      'with a patch elsewhere',
      'apiVersion: builtin\nkind: PatchTransformer\npath: "https://e.test/"',
    ],
    [
      'with a patch that is not there',
      'apiVersion: builtin\nkind: PatchStrategicMergeTransformer\npaths: [gone.yaml]',
    ],
  ])('are not known of a plugin %s', (_, plugin) => {
    const because = { unknown: expect.stringMatching(/^[^\n]+\.$/) };
    const file = { [`${OVERLAY}/t.yaml`]: plugin };
    expect(inputsOf('transformers: [t.yaml]', file)).toEqual(because);
    expect(inputsOf('generators: [t.yaml]', file)).toEqual(because);
    expect(
      inputsOf(`transformers: [${JSON.stringify(`${plugin}\n`)}]`),
    ).toEqual(because);
  });

  it('are not known of plugins that a folder has', () => {
    expect(
      inputsOf('transformers: [../../base]', { [BASE]: 'resources: []' }),
    ).toEqual({
      unknown: expect.stringContaining('the folder apps/demo/base'),
    });
  });

  it('are not more than a service is built from', () => {
    const files = Object.fromEntries(
      Array.from({ length: 1_100 }, (_, index) => [
        `apps/f${index}/kustomization.yaml`,
        `resources: [../f${(index + 1) % 1_100}]`,
      ]),
    );
    expect(
      renderInputs(snapshotOf(files), { overlayPath: 'apps/f0' }),
    ).toMatchObject({
      unknown: expect.stringContaining('more than 1000 files'),
    });
    const large = 'x'.repeat(2_100_000);
    expect(
      inputsOf('resources: [a.yaml, b.yaml]', {
        [`${OVERLAY}/a.yaml`]: large,
        [`${OVERLAY}/b.yaml`]: large,
      }),
    ).toHaveProperty('unknown');
  });

  it('have a hash that is the same until one of them changes, however they are remembered', () => {
    const cache = new Map();
    const hashOf = (changed: Record<string, string>, overlayPath = OVERLAY) => {
      const snapshot = demoSnapshot(changed);
      const remembered = renderInputs(snapshot, { overlayPath }, cache);
      expect(remembered).toEqual(renderInputs(snapshot, { overlayPath }));
      return 'hash' in remembered ? remembered.hash : remembered.unknown;
    };
    const hash = hashOf({});
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(hashOf({ 'apps/other/a.yaml': 'kind: A' })).toBe(hash);
    const hashes = [
      hash,
      hashOf({ [FILE]: 'resources: [../../base]' }),
      hashOf({ [BASE]: 'resources: []' }),
      hashOf({}, 'apps/demo/overlays/local'),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('are remembered as long as a snapshot has them', () => {
    const cache = new Map();
    const gone = snapshotOf({ [FILE]: 'namePrefix: a-' });
    const stays = snapshotOf({ [BASE]: 'namePrefix: b-' });
    renderInputs(gone, STAGE, cache);
    renderInputs(stays, { overlayPath: 'apps/demo/base' }, cache);
    expect([...cache.keys()]).toEqual([FILE, BASE]);
    pruneRenderInputs(cache, new Set([gone, stays]));
    expect([...cache.keys()]).toEqual([FILE, BASE]);
    pruneRenderInputs(cache, new Set([stays]));
    expect([...cache.keys()]).toEqual([BASE]);
  });
});
