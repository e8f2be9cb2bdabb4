import { demoSnapshot, repository, STAGE_OVERLAY } from '../__testUtils__/tree';
import { readTree, treeFindings } from './treeFindings';

const BASE = 'apps/demo/base/kustomization.yaml';
const STAGE_APPLICATION = 'bootstrap/demo-stage-application.yaml';

type Changes = Record<string, (text: string) => string>;

/** Findings of this repository's own tree with what is changed in it, and with hosts as if rendered. */
function findingsWith(changes: Changes, hosts: string[]) {
  const texts = demoSnapshot({}).files;
  const tree = readTree(
    demoSnapshot(
      Object.fromEntries(
        Object.entries(changes).map(([path, change]) => [
          path,
          change(String(texts.get(path))),
        ]),
      ),
    ),
  );
  return treeFindings(tree, repository, () => ({
    hosts: { known: hosts },
  }));
}

describe('where a finding of the tree is', () => {
  it.each<[code: string, changes: Changes, hosts: string[]]>([
    [
      'tag-not-string',
      { [STAGE_OVERLAY]: text => text.replace(/newTag: .*/, 'newTag: 1.10') },
      [],
    ],
    [
      'comparison-error',
      { [STAGE_OVERLAY]: text => text.replace(/newTag: .*/, 'newTag: [') },
      [],
    ],
    [
      'comparison-error',
      { [BASE]: text => text.replace('deployment.yaml', 'gone.yaml') },
      [],
    ],
    [
      'namespace-shared',
      {
        [STAGE_OVERLAY]: text =>
          text.replace(/^namespace: .*/m, 'namespace: demo-local'),
      },
      [],
    ],
    [
      'namespace-mismatch',
      {
        [STAGE_OVERLAY]: text =>
          text.replace(/^namespace: .*/m, 'namespace: elsewhere'),
      },
      [],
    ],
    [
      'source-not-infra',
      {
        [STAGE_APPLICATION]: text =>
          text.replace(/repoURL: .*/, 'repoURL: https://example.com/x/y'),
      },
      [],
    ],
    [
      'unpinned-image',
      {
        [STAGE_OVERLAY]: text => text.replace(/newTag: .*/, 'newTag: "latest"'),
      },
      [],
    ],
    ['host-shared', {}, ['stage.localtest.me']],
  ])('is its line at the commit: %s', (code, changes, hosts) => {
    const found = findingsWith(changes, hosts).filter(
      finding => finding.code === code,
    );
    expect(found).not.toEqual([]);
    for (const { where } of found) {
      expect(where?.line).toBeGreaterThan(0);
      expect(where?.url).toBe(
        `${repository.url}/blob/${repository.head}/${where?.path}#L${where?.line}`,
      );
    }
  });
});
