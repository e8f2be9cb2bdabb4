import { shown } from '../__testUtils__/facts';
import {
  demoSnapshot,
  repository,
  snapshotOf,
  STAGE_OVERLAY,
} from '../__testUtils__/tree';
import { readTree, treeFindings } from './treeFindings';

const BASE = 'apps/demo/base/kustomization.yaml';
const STAGE_APPLICATION = 'bootstrap/demo-stage-application.yaml';

function found(
  changed: Record<string, string>,
  beyond?: Parameters<typeof treeFindings>[2],
): string[] {
  return treeFindings(readTree(demoSnapshot(changed)), repository, beyond).map(
    finding => `${finding.code} ${shown(finding)}`,
  );
}

describe('treeFindings', () => {
  it('has nothing to say of this repository', () => {
    expect(found({})).toEqual([]);
  });

  it.each<[what: string, changed: Record<string, string>, lines: RegExp[]]>([
    [
      'a base that several overlays are built on, once',
      { [BASE]: 'resources: {}\n' },
      [/^comparison-error apps\/demo\/base\/kustomization.yaml:1:12 error/],
    ],
    [
      'an overlay that no Application deploys',
      {
        'apps/other/overlays/dev/kustomization.yaml':
          'images:\n  - name: demo\n    newTag: 1.10\n',
      },
      [/^tag-not-string apps\/other\/overlays\/dev\/kustomization.yaml:3:13/],
    ],
    [
      'an Application that cannot be read',
      { [STAGE_APPLICATION]: 'kind: Application\nspec: [\n' },
      [/^comparison-error bootstrap\/demo-stage-application.yaml:3:1 error/],
    ],
    [
      'an Application that is not there',
      { 'bootstrap/kustomization.yaml': 'resources:\n  - gone.yaml\n' },
      [/^comparison-error bootstrap\/kustomization.yaml:2:5 error/],
    ],
    [
      'a bootstrap that cannot be read',
      { 'bootstrap/kustomization.yaml': 'resources: x\n' },
      [/^comparison-error bootstrap\/kustomization.yaml:1:12 error/],
    ],
    [
      'several, by file and line',
      {
        [STAGE_OVERLAY]:
          'images:\n  - {name: b, newTag: 2}\n  - {name: a, newTag: 1}\n',
        'apps/a/overlays/x/kustomization.yaml': 'images: 1\n',
      },
      [
        /^comparison-error apps\/a\/overlays\/x\/kustomization.yaml:1:9 /,
        /^tag-not-string apps\/demo\/overlays\/stage\/kustomization.yaml:2:23 /,
        /^tag-not-string apps\/demo\/overlays\/stage\/kustomization.yaml:3:23 /,
      ],
    ],
  ])('finds %s', (_, changed, lines) => {
    expect(found(changed)).toEqual(
      lines.map(line => expect.stringMatching(line)),
    );
  });

  it('takes what else is known of the environments', () => {
    const hosts = { known: ['demo.localtest.me'] };
    expect(found({}, () => ({ hosts }))).toEqual([
      `host-shared ${STAGE_OVERLAY} error stage and local both want the host demo.localtest.me.`,
    ]);
    expect(
      found({}, ({ declared }) =>
        declared.environment === 'stage' ? { buildError: 'boom' } : {},
      ),
    ).toEqual([
      `comparison-error ${STAGE_OVERLAY} error The overlay does not build, so Argo CD keeps the old version.`,
    ]);
  });

  it('says of what is not read under bootstrap that it is not', () => {
    const tree = readTree(
      snapshotOf({}, { 'bootstrap/app.yaml': 'is a symbolic link' }),
    );
    expect(treeFindings(tree, repository)).toMatchObject([
      {
        code: 'comparison-error',
        severity: 'warning',
        why: 'bootstrap/app.yaml is a symbolic link, which is not read',
        where: { path: 'bootstrap/app.yaml' },
      },
    ]);
  });

  it('has nothing to say of an empty tree', () => {
    expect(treeFindings(readTree(snapshotOf({})), repository)).toEqual([]);
  });
});
