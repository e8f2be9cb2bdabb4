import { environmentFacts, shown } from '../../__testUtils__/facts';
import {
  BASE,
  COMPONENT,
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
    [
      'that a component sets for stage',
      {
        destination: 'demo-local',
        more: { overlay: 'components: [../../components/stage]\n' },
        files: { [COMPONENT]: 'kind: Component\nnamespace: demo-stage\n' },
      },
      [],
    ],
    [
      'that a component elsewhere may set for stage',
      {
        destination: 'demo-local',
        more: { overlay: 'components: [https://example.com/stage]\n' },
      },
      [],
    ],
    [
      'that a transformer may set for stage',
      {
        stage: 'demo-local',
        more: { overlay: 'transformers: [names.yaml]\n' },
      },
      [],
    ],
    [
      'that the Application has Argo CD set for stage',
      {
        stage: 'demo-local',
        more: { source: '\n    kustomize: {namespace: demo-stage}' },
      },
      [],
    ],
    [
      'that the Application has Argo CD set to that of local',
      { more: { source: '\n    kustomize: {namespace: demo-local}' } },
      [
        `${STAGE_APPLICATION}:15:28 error stage is deployed into the namespace of local, demo-local: they overwrite each other.`,
      ],
    ],
    [
      'that their base sets for both',
      { more: { base: 'namespace: demo\n' } },
      [
        `${BASE}:7:12 error stage is deployed into the namespace of local, demo: they overwrite each other.`,
      ],
    ],
    [
      'that are shared by different names',
      { stage: 'demo-local', more: { overlay: 'namePrefix: stage-\n' } },
      [
        `${STAGE_OVERLAY}:2:12 warning stage is deployed into the namespace of local, demo-local, with names of its own.`,
      ],
    ],
    [
      'that are shared by different names of the Application',
      {
        stage: 'demo-local',
        more: { source: '\n    kustomize: {nameSuffix: -stage}' },
      },
      [
        `${STAGE_OVERLAY}:2:12 warning stage is deployed into the namespace of local, demo-local, with names of its own.`,
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
