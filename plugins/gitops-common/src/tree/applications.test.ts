import {
  applicationManifest,
  demoSnapshot,
  ownFiles,
  snapshotOf,
} from '../__testUtils__/tree';
import { kustomizeBuild } from '../__testUtils__/kustomize';
import { readApplications } from './applications';

const STAGE = 'apps/demo/overlays/stage';

/** A `bootstrap/` with one manifest, `app.yaml`. */
function readOne(manifest: string) {
  return readApplications(
    snapshotOf({
      'bootstrap/kustomization.yaml': 'resources: [app.yaml]\n',
      'bootstrap/app.yaml': manifest,
    }),
  );
}

function namesIn(files: Record<string, string>): string[] {
  return readApplications(snapshotOf(files)).map(({ name }) => name);
}

const app = (name: string, path = STAGE) => applicationManifest({ name, path });

describe('readApplications', () => {
  it('reads the Applications of this repository', () => {
    expect(readApplications(demoSnapshot())).toEqual([
      {
        name: 'demo-local',
        namespace: 'argocd',
        project: 'default',
        labels: {},
        service: 'demo',
        environment: 'local',
        overlayPath: 'apps/demo/overlays/local',
        repoURL: 'https://github.com/demo/gitops-infra',
        targetRevision: 'main',
        destinationCluster: 'https://kubernetes.default.svc',
        destinationNamespace: 'demo-local',
        automated: true,
        imageOverrides: [],
        promotesFrom: undefined,
        location: { path: 'bootstrap/demo-application.yaml', line: 1 },
        fields: {
          repoURL: { line: 9, column: 14 },
          targetRevision: { line: 10, column: 21 },
          destinationNamespace: { line: 14, column: 16 },
          automated: { line: 17, column: 7 },
        },
      },
      {
        name: 'demo-stage',
        namespace: 'argocd',
        project: 'default',
        labels: {},
        service: 'demo',
        environment: 'stage',
        overlayPath: 'apps/demo/overlays/stage',
        repoURL: 'https://github.com/demo/gitops-infra',
        targetRevision: 'main',
        destinationCluster: 'https://kubernetes.default.svc',
        destinationNamespace: 'demo-stage',
        automated: true,
        imageOverrides: [],
        promotesFrom: 'demo-local',
        location: { path: 'bootstrap/demo-stage-application.yaml', line: 1 },
        fields: {
          repoURL: { line: 12, column: 14 },
          targetRevision: { line: 13, column: 21 },
          destinationNamespace: { line: 17, column: 16 },
          automated: { line: 20, column: 7 },
        },
      },
    ]);
  });

  it('finds what the real kustomize builds of this repository', () => {
    const build = kustomizeBuild(ownFiles('bootstrap'), 'bootstrap');
    const names = readApplications(demoSnapshot()).map(({ name }) => name);

    expect(build.ok && build.output.match(/^ {2}name: .*$/gm)).toEqual(
      names.map(name => `  name: ${name}`),
    );
  });

  it.each<[what: string, files: Record<string, string>, names: string[]]>([
    [
      'in the order of the Kustomization',
      {
        'bootstrap/kustomization.yaml': 'resources: [z.yaml, a.yaml]\n',
        'bootstrap/a.yaml': app('a'),
        'bootstrap/z.yaml': app('z'),
      },
      ['z', 'a'],
    ],
    [
      'none that the Kustomization does not name',
      {
        'bootstrap/kustomization.yaml': 'resources: [a.yaml]\n',
        'bootstrap/a.yaml': app('a'),
        'bootstrap/old.yaml': app('old'),
      },
      ['a'],
    ],
    [
      'in the order of their file names, without a Kustomization',
      {
        'bootstrap/b.yml': app('b'),
        'bootstrap/a.yaml': app('a'),
        'bootstrap/c.json': app('c'),
        'bootstrap/README.md': app('readme'),
        'apps/d.yaml': app('d'),
      },
      ['a', 'b', 'c'],
    ],
    [
      'in folders that are named, depth first',
      {
        'bootstrap/kustomization.yml': 'resources: [team, z.yaml]\n',
        'bootstrap/team/Kustomization': 'resources: [b.yaml, ../a.yaml]\n',
        'bootstrap/team/b.yaml': app('b'),
        'bootstrap/a.yaml': app('a'),
        'bootstrap/z.yaml': app('z'),
      },
      ['b', 'a', 'z'],
    ],
    [
      'once, where folders name each other in a circle',
      {
        'bootstrap/kustomization.yaml': 'resources: [a.yaml, ../x, .]\n',
        'bootstrap/a.yaml': app('a'),
        'x/kustomization.yaml': 'resources: [../bootstrap, b.yaml, ../x]\n',
        'x/b.yaml': app('b'),
      },
      ['a', 'b'],
    ],
    [
      'once, where a file is named twice',
      {
        'bootstrap/kustomization.yaml': 'resources: [a.yaml, ./a.yaml]\n',
        'bootstrap/a.yaml': app('a'),
      },
      ['a'],
    ],
    [
      'that are there, when others are missing or out of reach',
      {
        'bootstrap/kustomization.yaml':
          'resources: [gone.yaml, gone/, ../../up.yaml, /etc/x.yaml, "https://example.com/x.yaml", a.yaml]\n',
        'bootstrap/a.yaml': app('a'),
        '../up.yaml': app('up'),
        '/etc/x.yaml': app('x'),
      },
      ['a'],
    ],
    [
      'none, when the Kustomization is broken',
      {
        'bootstrap/kustomization.yaml': 'resources: [\n',
        'bootstrap/a.yaml': app('a'),
      },
      [],
    ],
    ['none, when there is no bootstrap', { 'apps/a.yaml': app('a') }, []],
  ])('reads Applications %s', (_, files, names) => {
    expect(namesIn(files)).toEqual(names);
  });

  it('reads every document of a file, with the line of each', () => {
    const applications = readOne(
      [
        '# two of them',
        '---',
        'apiVersion: v1',
        'kind: ConfigMap',
        '---',
        'a: [', // broken
        '---',
        '# the one',
        app('one'),
        '---',
        app('two'),
        '',
      ].join('\n'),
    );
    expect(applications.map(({ name, location }) => [name, location])).toEqual([
      ['one', { path: 'bootstrap/app.yaml', line: 9 }],
      ['two', { path: 'bootstrap/app.yaml', line: 11 }],
    ]);
  });

  it('follows anchors and merge keys, CRLF and a byte order mark', () => {
    const [application] = readOne(
      `\ufeff${[
        'apiVersion: argoproj.io/v1alpha1',
        'kind: Application',
        'metadata: &names {name: &name demo-stage}',
        'spec:',
        '  source: {<<: {repoURL: "https://example.com/x"}, path: apps/demo/overlays/stage}',
        '  destination: {namespace: *name}',
      ].join('\r\n')}`,
    );
    expect(application).toMatchObject({
      name: 'demo-stage',
      repoURL: 'https://example.com/x',
      targetRevision: 'HEAD',
      destinationNamespace: 'demo-stage',
      namespace: undefined,
      location: { line: 1 },
    });
  });

  const manifest = (changes: object) =>
    JSON.stringify({ ...JSON.parse(app('demo-stage')), ...changes });

  it.each<[what: string, manifest: string]>([
    ['another kind', manifest({ kind: 'AppProject' })],
    [
      'an Application of another API',
      manifest({ apiVersion: 'app.k8s.io/v1beta1' }),
    ],
    ['an Application without an API', manifest({ apiVersion: undefined })],
    ['an Application without a name', manifest({ metadata: {} })],
    ['a name that is a number', manifest({ metadata: { name: 5 } })],
    [
      'a Helm chart',
      manifest({
        spec: { source: { repoURL: 'https://charts.example.com', chart: 'x' } },
      }),
    ],
    [
      'several sources without a folder under apps',
      manifest({
        spec: {
          sources: [
            { repoURL: 'https://charts.example.com', chart: 'x' },
            { repoURL: 'https://x', path: 'values' },
            null,
            'x',
          ],
        },
      }),
    ],
    [
      'a source beside several, as Argo CD does',
      manifest({
        spec: {
          source: { repoURL: 'https://x', path: STAGE },
          sources: [{ repoURL: 'https://x', path: 'values' }],
        },
      }),
    ],
    ['no spec', manifest({ spec: null })],
    ['a spec that is a word', manifest({ spec: 'x' })],
    ['a list', '[]'],
    ['nothing', ''],
    ['broken YAML', 'kind: Application\n a: b: c'],
    [
      'an alias bomb',
      `a: &a [x,x]\nb: &b [*a,*a]\nc: &c [${'*b,'.repeat(40_000)}]\n${app(
        'x',
      )}`,
    ],
    ['very deep nesting', '['.repeat(100_000)],
    ['a file beyond any size', `${app('x')}\n${'#'.repeat(300_000)}`],
  ])('passes over %s', (_, text) => {
    expect(readOne(text)).toEqual([]);
  });

  it.each<[what: string, source: object, fields: string[] | undefined]>([
    ['nothing', {}, undefined],
    [
      'images, or a version',
      { kustomize: { images: ['a=b'], version: 'v5' } },
      undefined,
    ],
    ['empty options', { kustomize: {}, helm: null, directory: {} }, undefined],
    [
      'patches and a prefix',
      { kustomize: { patches: [], namePrefix: 'a-', images: [] } },
      ['kustomize.patches', 'kustomize.namePrefix'],
    ],
    ['a chart', { helm: { releaseName: 'a' } }, ['helm']],
    ['a plugin', { plugin: { name: 'a' } }, ['plugin']],
  ])('says of %s what else is rendered', (_, source, fields) => {
    const declared = JSON.parse(app('a'));
    Object.assign(declared.spec.source, source);
    const [read] = readOne(JSON.stringify(declared));
    expect(read.renderedWith).toEqual(fields);
  });

  it('reads the namespace and the names that Kustomize is told to set', () => {
    const named = { namespace: 'x', namePrefix: 'a-', nameSuffix: '-b' };
    const declared = JSON.parse(app('a'));
    declared.spec.source.kustomize = { ...named, images: ['a=b'] };
    const [read] = readOne(JSON.stringify(declared));
    expect(read.kustomize).toEqual(named);
    expect(read.fields).toHaveProperty('kustomizeNamespace');
  });

  it('takes of several sources the one under apps', () => {
    const [application] = readOne(
      manifest({
        spec: {
          sources: [
            { repoURL: 'https://charts.example.com', chart: 'x' },
            { repoURL: 'https://x', path: 'values', ref: 'values' },
            { repoURL: 'https://y', path: STAGE, targetRevision: 'v1' },
          ],
        },
      }),
    );
    expect(application).toMatchObject({
      service: 'demo',
      environment: 'stage',
      overlayPath: STAGE,
      repoURL: 'https://y',
      targetRevision: 'v1',
    });
  });

  it.each<
    [path: string, found: [service: string, environment: string] | undefined]
  >([
    ['apps/demo/overlays/stage', ['demo', 'stage']],
    ['apps/demo/overlays/stage/', ['demo', 'stage']],
    ['./apps//demo/overlays/./stage', ['demo', 'stage']],
    ['apps/demo/envs/eu/stage', ['demo', 'stage']],
    ['apps/demo/stage', ['demo', 'stage']],
    ['apps/Demo_2.x/overlays/eu-1', ['Demo_2.x', 'eu-1']],
    ['apps/constructor/overlays/stage', ['constructor', 'stage']],
    ['bootstrap/../apps/demo/overlays/stage', ['demo', 'stage']],
    ['apps/demo', undefined],
    ['apps', undefined],
    ['.', undefined],
    ['charts/demo/overlays/stage', undefined],
    ['/apps/demo/overlays/stage', undefined],
    ['../../x', undefined],
    ['apps/../../apps/demo/stage', undefined],
    ['apps/demo/overlays/../../../../x', undefined],
    ['apps/__proto__/overlays/stage', undefined],
    ['apps/demo/overlays/-x', undefined],
    ['apps/demo/overlays/sta ge', undefined],
    ['apps/demo/overlays/a..b', undefined],
    ['apps/demo/overlays/a.', undefined],
    ['apps/demo/overlays/a.lock', undefined],
    ['apps/de~mo/overlays/stage', undefined],
    ['apps/démo/overlays/stage', undefined],
    ['apps/demo/overlays/stage\n', undefined],
    ['apps/demo?x/overlays/stage#y', undefined],
  ])('takes service and environment from the path %j', (path, found) => {
    expect(
      readOne(app('x', path)).map(({ service, environment }) => [
        service,
        environment,
      ]),
    ).toEqual(found ? [found] : []);
  });

  it('survives a chain of ten thousand folders', () => {
    const files: Record<string, string> = {
      'bootstrap/kustomization.yaml': 'resources: [../f0]\n',
    };
    for (let at = 0; at < 10_000; at++) {
      files[`f${at}/kustomization.yaml`] = `resources: [../f${at + 1}]\n`;
    }
    files['f10000/a.yaml'] = app('last');
    expect(namesIn(files)).toEqual(['last']);
  });

  it('reads a manifest once, however often it is named', () => {
    // Ten thousand times it would take minutes.
    expect(
      namesIn({
        'bootstrap/kustomization.yaml': `resources:\n${'- ./a.yaml\n'.repeat(
          10_000,
        )}`,
        'bootstrap/a.yaml': `${app('a')}\n${'# long\n'.repeat(10_000)}`,
      }),
    ).toEqual(['a']);
  });

  it('reads again only what changed, and forgets what is gone', () => {
    const files = {
      'bootstrap/a.yaml': app('a'),
      'bootstrap/b.yaml': app('b'),
    };
    const cache = new Map();
    const [first] = readApplications(snapshotOf(files), cache);
    const [again, changed] = readApplications(
      snapshotOf({ ...files, 'bootstrap/b.yaml': app('c') }),
      cache,
    );
    expect(again).toBe(first);
    expect(changed.name).toBe('c');

    readApplications(snapshotOf({ 'bootstrap/b.yaml': app('c') }), cache);
    expect([...cache.keys()]).toEqual(['bootstrap/b.yaml']);
  });
});
