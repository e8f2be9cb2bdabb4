import { environmentFacts, shown } from '../../__testUtils__/facts';
import {
  NamespaceOptions,
  namespacedTree,
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
  ])('looks whether the namespace %s', (_, options, found) => {
    const facts = environmentFacts('stage', namespacedTree(options));
    expect(namespaceMismatch.check(facts).map(shown)).toEqual(found);
  });
});
