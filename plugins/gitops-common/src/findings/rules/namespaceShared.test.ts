import { environmentFacts, shown } from '../../__testUtils__/facts';
import {
  NamespaceOptions,
  namespacedTree,
  STAGE_APPLICATION,
} from '../../__testUtils__/namespaces';
import { STAGE_OVERLAY } from '../../__testUtils__/tree';
import { namespaceShared } from './namespaceShared';

describe('namespace-shared', () => {
  it.each<[what: string, options: NamespaceOptions, found: string[]]>([
    ['of their own', { local: 'demo-local', stage: 'demo-stage' }, []],
    ['that only the Applications name', {}, []],
    [
      'that both overlays set',
      { local: 'demo', stage: 'demo' },
      [
        `${STAGE_OVERLAY}:2:12 error stage is deployed into the namespace of local, demo: they overwrite each other.`,
      ],
    ],
    [
      'of local in the overlay of stage',
      { stage: 'demo-local' },
      [
        `${STAGE_OVERLAY}:2:12 error stage is deployed into the namespace of local, demo-local: they overwrite each other.`,
      ],
    ],
    [
      'of local in the Application of stage',
      { destination: 'demo-local' },
      [
        `${STAGE_APPLICATION}:17:16 error stage is deployed into the namespace of local, demo-local: they overwrite each other.`,
      ],
    ],
    [
      'that are the same on another cluster',
      { destination: 'demo-local', cluster: 'name: production' },
      [],
    ],
    [
      'on one cluster by its address and its name',
      { destination: 'demo-local', cluster: 'name: in-cluster' },
      [
        `${STAGE_APPLICATION}:17:16 error stage is deployed into the namespace of local, demo-local: they overwrite each other.`,
      ],
    ],
  ])('judges namespaces %s', (_, options, found) => {
    const snapshot = namespacedTree(options);
    const facts = environmentFacts('stage', snapshot);
    expect(namespaceShared.check(facts).map(shown)).toEqual(found);
    // Of two that share one, it is said once.
    expect(namespaceShared.check(environmentFacts('local', snapshot))).toEqual(
      [],
    );
  });

  it('says nothing where the other environments are not known', () => {
    const facts = environmentFacts(
      'stage',
      namespacedTree({ stage: 'demo-local' }),
    );
    expect(namespaceShared.check({ ...facts, others: undefined })).toEqual([]);
  });
});
