import { shown, stageFacts } from '../../__testUtils__/facts';
import { overlayPinning, STAGE_OVERLAY } from '../../__testUtils__/tree';
import type { RegistryAnswer } from '../EnvironmentFacts';
import { tagMoved } from './tagMoved';

const PINNED = `sha256:${'a'.repeat(64)}`;
const NOW = `sha256:${'b'.repeat(64)}`;
const TAGGED = 'localhost:5001/demo:1.5.0';

const overlay = (more: object) =>
  overlayPinning({ name: 'demo', newName: 'localhost:5001/demo', ...more });
const BOTH = overlay({ newTag: '"1.5.0"', digest: PINNED });

const check = (answer: RegistryAnswer | undefined, text: string = BOTH) =>
  tagMoved
    .check({
      ...stageFacts(text),
      registry: new Map(answer ? [[TAGGED, answer]] : []),
    })
    .map(shown);

describe('tag-moved', () => {
  it.each<[what: string, answer: RegistryAnswer | undefined]>([
    ['nothing is known of the tag', undefined],
    ['the tag is gone: the digest is what runs', { state: 'missing' }],
    ['the tag could not be checked', { state: 'unknown', reason: 'away' }],
    ['the registry tells no digest', { state: 'exists', facts: {} }],
    [
      'the tag is still that image',
      { state: 'exists', digest: PINNED, facts: {} },
    ],
    [
      'the image of the tag was not read, which may be an index',
      { state: 'exists', digest: NOW },
    ],
    [
      'the tag is an index that has the image for a platform',
      { state: 'exists', digest: NOW, facts: { platforms: [NOW, PINNED] } },
    ],
  ])('says nothing where %s', (_, answer) => {
    expect(check(answer)).toEqual([]);
  });

  it.each<[what: string, answer: RegistryAnswer]>([
    ['an image', { state: 'exists', digest: NOW, facts: {} }],
    ['an index', { state: 'exists', digest: NOW, facts: { platforms: [NOW] } }],
  ])('is found where the tag is %s by now', (_, answer) => {
    expect(check(answer)).toEqual([
      `${STAGE_OVERLAY}:5:13 warning ${TAGGED} is another image now than the digest that is pinned with it.`,
    ]);
  });

  it.each([
    ['a tag alone', overlay({ newTag: '"1.5.0"' })],
    ['a digest alone', overlay({ digest: PINNED })],
  ])('says nothing of %s', (_, text) => {
    expect(check({ state: 'exists', digest: NOW, facts: {} }, text)).toEqual(
      [],
    );
  });
});
