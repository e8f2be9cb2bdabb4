import { demoSnapshot, snapshotOf } from '../__testUtils__/tree';
import { overlayInputs } from './overlayInputs';

const OVERLAY = 'apps/demo/overlays/stage';
const FILE = `${OVERLAY}/kustomization.yaml`;

describe('overlayInputs', () => {
  it('of this repository are the overlay and its base', () => {
    const inputs = overlayInputs(demoSnapshot(), OVERLAY);
    expect(inputs).toEqual(
      expect.arrayContaining([
        FILE,
        'apps/demo/base/kustomization.yaml',
        'apps/demo/base/deployment.yaml',
      ]),
    );
    expect(inputs.filter(path => path.includes('overlays/local'))).toEqual([]);
  });

  it.each<[field: string, text: string, more: string[]]>([
    [
      'resources',
      'resources: [a.yaml, ../local]',
      [`${OVERLAY}/a.yaml`, 'apps/demo/overlays/local'],
    ],
    ['bases', 'bases: [../../base/]', ['apps/demo/base']],
    ['components', 'components: [../../c]', ['apps/demo/c']],
    ['generators', 'generators: [./g.yaml]', [`${OVERLAY}/g.yaml`]],
    ['transformers', 'transformers: [t.yaml]', [`${OVERLAY}/t.yaml`]],
    ['validators', 'validators: [v.yaml]', [`${OVERLAY}/v.yaml`]],
    ['crds', 'crds: [c.json]', [`${OVERLAY}/c.json`]],
    ['configurations', 'configurations: [c.yaml]', [`${OVERLAY}/c.yaml`]],
    [
      'patches',
      'patches: [{path: p.yaml}, {patch: "a: 1"}]',
      [`${OVERLAY}/p.yaml`],
    ],
    [
      'patchesJson6902',
      'patchesJson6902: [{path: p.json}]',
      [`${OVERLAY}/p.json`],
    ],
    [
      'patchesStrategicMerge',
      'patchesStrategicMerge: [p.yaml, "kind: A\\nspec: {}\\n"]',
      [`${OVERLAY}/p.yaml`],
    ],
    [
      'replacements',
      'replacements: [{path: r.yaml}, {source: {}}]',
      [`${OVERLAY}/r.yaml`],
    ],
    ['openapi', 'openapi: {path: schema.json}', [`${OVERLAY}/schema.json`]],
    [
      'configMapGenerator',
      'configMapGenerator: [{name: a, files: [b.conf, key=c.conf], envs: [d.env], env: e.env, literals: [f=g]}]',
      ['b.conf', 'c.conf', 'd.env', 'e.env'].map(name => `${OVERLAY}/${name}`),
    ],
    [
      'secretGenerator',
      'secretGenerator: [{files: [s=../s.txt]}]',
      ['apps/demo/overlays/s.txt'],
    ],
    [
      'helmCharts',
      'helmCharts: [{name: web, valuesFile: v.yaml, additionalValuesFiles: [w.yaml]}]',
      ['charts/web', 'v.yaml', 'w.yaml'].map(name => `${OVERLAY}/${name}`),
    ],
    [
      'helmGlobals',
      '{helmGlobals: {chartHome: ../../charts}, helmCharts: [{name: web}]}',
      ['apps/demo/charts/web'],
    ],
    ['a repeated path', 'resources: [a.yaml, ./a.yaml]', [`${OVERLAY}/a.yaml`]],
    [
      'an anchor',
      'crds: &files [a.yaml]\nconfigurations: *files',
      [`${OVERLAY}/a.yaml`],
    ],
  ])('follow %s', (_, text, more) => {
    expect(overlayInputs(snapshotOf({ [FILE]: text }), OVERLAY)).toEqual([
      FILE,
      ...more,
    ]);
  });

  it.each([
    [
      'outside of the tree',
      'resources: [../../../../../etc/passwd, /etc/passwd]',
    ],
    [
      'of another repository',
      'resources: ["https://example.com/a.yaml", "github.com/a/b//c?ref=v1", "git@github.com:a/b.git"]',
    ],
    ['that are no paths', 'resources: [1, null, {a: b}, "", "a\\nb"]'],
    [
      'of the wrong shape',
      '{resources: a.yaml, patches: {path: a.yaml}, openapi: [a.yaml], configMapGenerator: [1]}',
    ],
    ['of a malformed file', 'resources: [a.yaml\n'],
    ['of an empty file', ''],
    ['of a list', '- resources'],
  ])('leave out paths %s', (_, text) => {
    expect(overlayInputs(snapshotOf({ [FILE]: text }), OVERLAY)).toEqual([
      FILE,
    ]);
  });

  it('follow folders as far as they lead, once each', () => {
    const snapshot = snapshotOf({
      [FILE]: 'resources: [../../base, ../local]',
      'apps/demo/overlays/local/Kustomization':
        'resources: [../../base, ../stage]',
      'apps/demo/base/kustomization.yml': 'resources: [a.yaml, b, gone.yaml]',
      'apps/demo/base/a.yaml': 'kind: A',
      'apps/demo/base/b/kustomization.yaml': 'resources: [..]',
    });
    expect(overlayInputs(snapshot, OVERLAY)).toEqual([
      FILE,
      'apps/demo/base/kustomization.yml',
      'apps/demo/base/a.yaml',
      'apps/demo/base/b/kustomization.yaml',
      'apps/demo/base/gone.yaml',
      'apps/demo/overlays/local/Kustomization',
    ]);
  });

  it.each([
    ['is not there', snapshotOf({})],
    ['is a link', snapshotOf({}, { [OVERLAY]: 'is a symbolic link' })],
    ['is not read', snapshotOf({}, { [FILE]: 'is no UTF-8 text' })],
  ])('are all of a folder whose Kustomization %s', (_, snapshot) => {
    expect(overlayInputs(snapshot, OVERLAY)).toEqual([OVERLAY]);
  });

  it('survive a chain as long as the repository', () => {
    const files = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, index) => [
        `apps/f${index}/kustomization.yaml`,
        `resources: [../f${index + 1}]`,
      ]),
    );
    expect(overlayInputs(snapshotOf(files), 'apps/f0')).toHaveLength(5_001);
  });
});
