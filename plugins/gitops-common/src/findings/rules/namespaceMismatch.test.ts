import { environmentFacts, shown } from '../../__testUtils__/facts';
import {
  BASE,
  NamespaceOptions,
  namespacedTree,
  STAGE_APPLICATION,
} from '../../__testUtils__/namespaces';
import { STAGE_OVERLAY } from '../../__testUtils__/tree';
import { namespaceMismatch } from './namespaceMismatch';

describe('namespace-mismatch', () => {
  it.each<[what: string, options: NamespaceOptions, found: string[]]>([
    ['is the same', { stage: 'demo-stage' }, []],
    ['is left to the Application', {}, []],
    [
      'is another one',
      { stage: 'stage' },
      [
        `${STAGE_OVERLAY}:2:12 warning The overlay deploys into stage, the Application demo-stage into demo-stage.`,
      ],
    ],
    [
      'is the one that the Application has Argo CD set',
      {
        stage: 'stage',
        more: { source: '\n    kustomize: {namespace: demo-stage}' },
      },
      [],
    ],
    [
      'that the Application has Argo CD set is another one',
      { more: { source: '\n    kustomize: {namespace: stage}' } },
      [
        `${STAGE_APPLICATION}:15:28 warning kustomize.namespace deploys into stage, the Application demo-stage into demo-stage.`,
      ],
    ],
    [
      'of the base is another one',
      { more: { base: 'namespace: demo\n' } },
      [
        `${BASE}:7:12 warning What the overlay is built on deploys into demo, the Application demo-stage into demo-stage.`,
      ],
    ],
    [
      'may be another one by a transformer',
      { stage: 'stage', more: { overlay: 'transformers: [names.yaml]\n' } },
      [],
    ],
  ])('looks whether the namespace %s', (_, options, found) => {
    const facts = environmentFacts('stage', namespacedTree(options));
    expect(namespaceMismatch.check(facts).map(shown)).toEqual(found);
  });
});
