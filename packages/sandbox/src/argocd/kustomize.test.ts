import path from 'node:path';
import { REPOSITORY_ROOT } from '../seed/workingTree';
import { declaredApplications } from './declaredApplications';
import { kustomizeBuild } from './kustomize';
import { Manifest } from './model';
import { externalUrlsOf, podTemplateOf } from './resources';
import { readWorkingTree } from '../seed/workingTree';

async function build(environment: string): Promise<Manifest[]> {
  const result = await kustomizeBuild(
    path.join(REPOSITORY_ROOT, 'apps/demo/overlays', environment),
  );
  if ('error' in result) {
    throw new Error(result.error);
  }
  return result.manifests;
}

function namespaces(manifests: Manifest[]): (string | undefined)[] {
  return [...new Set(manifests.map(({ metadata }) => metadata.namespace))];
}

function images(manifests: Manifest[]): string[] {
  return manifests
    .filter(({ kind }) => kind === 'Deployment')
    .flatMap(manifest => podTemplateOf(manifest).images);
}

describe("the repository's own overlays", () => {
  it.each([
    ['local', 'http://demo.localtest.me/'],
    ['stage', 'http://stage.localtest.me/'],
  ])('%s builds with the real kustomize', async (environment, url) => {
    const manifests = await build(environment);

    expect(manifests.map(({ kind }) => kind).sort()).toEqual([
      'Deployment',
      'Ingress',
      'Service',
    ]);
    expect(namespaces(manifests)).toEqual([`demo-${environment}`]);
    expect(externalUrlsOf(manifests)).toEqual([url]);
    expect(images(manifests)).toEqual([
      expect.stringMatching(/^localhost:5001\/demo:\d+\.\d+\.\d+$/),
    ]);
  });

  it('keep the contract', async () => {
    const files = await readWorkingTree(REPOSITORY_ROOT);
    const applications = declaredApplications(file => files.get(file));
    const local = await build('local');
    const stage = await build('stage');

    expect(
      applications.map(({ metadata, spec }) => [
        metadata.name,
        spec.source.repoURL,
        spec.source.path,
        spec.destination.namespace,
      ]),
    ).toEqual(
      ['local', 'stage'].map(environment => [
        `demo-${environment}`,
        'https://github.com/demo/gitops-infra',
        `apps/demo/overlays/${environment}`,
        `demo-${environment}`,
      ]),
    );
    for (const environment of ['local', 'stage']) {
      expect(
        files.get(`apps/demo/overlays/${environment}/kustomization.yaml`),
      ).toMatch(/^ +newTag: "[^"\n]+"( #.*)?$/m);
    }
    expect(namespaces(local)).not.toEqual(namespaces(stage));
    expect(externalUrlsOf(local)).not.toEqual(externalUrlsOf(stage));
  });

  it('and bootstrap builds too', async () => {
    const result = await kustomizeBuild(
      path.join(REPOSITORY_ROOT, 'bootstrap'),
    );

    expect(result).toMatchObject({
      manifests: [{ kind: 'Application' }, { kind: 'Application' }],
    });
  });
});

describe('kustomizeBuild', () => {
  const before = process.env.KUSTOMIZE;

  afterEach(() => {
    if (before === undefined) {
      delete process.env.KUSTOMIZE;
    } else {
      process.env.KUSTOMIZE = before;
    }
  });

  it('passes on what kustomize says', async () => {
    await expect(
      kustomizeBuild(path.join(REPOSITORY_ROOT, 'apps')),
    ).resolves.toEqual({
      error: expect.stringContaining(
        "unable to find one of 'kustomization.yaml'",
      ),
    });
  });

  it('says what to do without kustomize', async () => {
    process.env.KUSTOMIZE = '/nowhere/kustomize';

    await expect(kustomizeBuild(REPOSITORY_ROOT)).rejects.toThrow(
      'There is no kustomize to run at /nowhere/kustomize; install it',
    );
  });
});
