import { environmentFacts, shown } from '../../__testUtils__/facts';
import {
  applicationManifest,
  overlayPinning,
  snapshotOf,
} from '../../__testUtils__/tree';
import { environmentNameShared } from './environmentNameShared';

const PIN = overlayPinning({ name: 'demo', newTag: '"1.4.1"' });

/** A tree with an Application for each overlay, in that order. */
function treeOf(...overlays: string[]) {
  const files = overlays.map((overlay, index) => [
    [
      `bootstrap/${index}.json`,
      applicationManifest({
        name: `demo-${index}`,
        path: `apps/demo/overlays/${overlay}`,
      }),
    ],
    [`apps/demo/overlays/${overlay}/kustomization.yaml`, PIN],
  ]);
  return snapshotOf(Object.fromEntries(files.flat()));
}

describe('environment-name-shared', () => {
  it.each<[overlays: string[], found: string[]]>([
    [['local', 'stage'], []],
    // One environment that two Applications deploy.
    [['stage', 'stage'], []],
    [
      ['eu/stage', 'us/stage', 'asia/stage'],
      [
        'bootstrap/1.json:1:1 warning apps/demo/overlays/us/stage is not shown: its environment would be called stage, as that of apps/demo/overlays/eu/stage is.',
        'bootstrap/2.json:1:1 warning apps/demo/overlays/asia/stage is not shown: its environment would be called stage, as that of apps/demo/overlays/eu/stage is.',
      ],
    ],
  ])('judges the overlays %j', (overlays, found) => {
    const facts = environmentFacts('stage', treeOf(...overlays));
    expect(environmentNameShared.check(facts).map(shown)).toEqual(found);
  });
});
