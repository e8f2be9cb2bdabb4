import type { ImageVersion, PinSkipped } from '../api/types';
import type { ImagePin } from '../tree/kustomization';
import { pinMoves, samePinChanges } from './pins';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;

const pin = (name: string, version: ImageVersion, image = name): ImagePin => ({
  name,
  image,
  version,
  position: { line: 1, column: 1 },
  notStrings: [],
});

describe('pinMoves', () => {
  it.each<
    [
      what: string,
      source: ImageVersion,
      target: ImageVersion,
      moves: true | PinSkipped['reason'],
    ]
  >([
    ['another tag', { tag: '2' }, { tag: '1' }, true],
    ['an older tag', { tag: '1' }, { tag: '2' }, true],
    ['the same tag', { tag: '1' }, { tag: '1' }, 'same-version'],
    ['another digest', { digest: DIGEST }, { digest: OTHER }, true],
    ['the same digest', { digest: DIGEST }, { digest: DIGEST }, 'same-version'],
    [
      'another tag and digest',
      { tag: '2', digest: DIGEST },
      { tag: '1', digest: OTHER },
      true,
    ],
    [
      'the same tag, another digest',
      { tag: '1', digest: DIGEST },
      { tag: '1', digest: OTHER },
      true,
    ],
    [
      'a tag onto a digest',
      { tag: '1' },
      { digest: DIGEST },
      'tag-against-digest',
    ],
    [
      'a digest onto a tag',
      { digest: DIGEST },
      { tag: '1' },
      'tag-against-digest',
    ],
    [
      'a tag onto a tag with a digest',
      { tag: '2' },
      { tag: '1', digest: DIGEST },
      'tag-against-digest',
    ],
    ['neither', {}, {}, 'same-version'],
    ['a tag onto nothing', { tag: '1' }, {}, 'no-version'],
    ['nothing onto a tag', {}, { tag: '1' }, 'no-version'],
    ['nothing onto a digest', {}, { digest: DIGEST }, 'no-version'],
  ])('moves %s', (_, source, target, moves) => {
    expect(pinMoves([pin('demo', source)], [pin('demo', target)])).toEqual(
      moves === true
        ? {
            changes: [
              { name: 'demo', image: 'demo', before: target, after: source },
            ],
            skipped: [],
          }
        : { changes: [], skipped: [{ name: 'demo', reason: moves }] },
    );
  });

  const source = [
    pin('a', { tag: '2' }),
    pin('b', { tag: '2' }),
    pin('s', { tag: '1' }),
    pin('only-source', { tag: '1' }),
  ];
  const target = [
    pin('only-target', { tag: '1' }),
    pin('s', { tag: '1' }),
    pin('b', { tag: '1' }),
    pin('a', { tag: '1' }),
  ];

  it.each<
    [chosen: string[] | undefined, changed: string[], notChosen: string[]]
  >([
    [undefined, ['b', 'a'], []],
    [['a'], ['a'], ['b']],
    [['a', 'b', 'a'], ['b', 'a'], []],
    [['a', 'unknown'], ['a'], ['b']],
    [['s'], [], ['b', 'a']],
    [[], [], ['b', 'a']],
  ])('of the chosen %j moves %j', (chosen, changed, notChosen) => {
    const { changes, skipped } = pinMoves(source, target, { chosen });
    expect(changes.map(({ name }) => name)).toEqual(changed);
    expect(skipped).toEqual(
      expect.arrayContaining([
        { name: 'only-target', reason: 'only-in-target' },
        { name: 's', reason: 'same-version' },
        { name: 'only-source', reason: 'only-in-source' },
        ...notChosen.map(name => ({ name, reason: 'not-chosen' })),
      ]),
    );
    expect(skipped).toHaveLength(3 + notChosen.length);
  });

  it('finds pins by name, not by the image that runs, and keeps the image of the target', () => {
    expect(
      pinMoves(
        [
          pin('demo', { tag: '2' }, 'source.example.com/demo'),
          pin('x', { tag: '9' }, 'target.example.com/demo'),
        ],
        [pin('demo', { tag: '1' }, 'target.example.com/demo')],
      ),
    ).toEqual({
      changes: [
        {
          name: 'demo',
          image: 'target.example.com/demo',
          before: { tag: '1' },
          after: { tag: '2' },
        },
      ],
      skipped: [{ name: 'x', reason: 'only-in-source' }],
    });
  });
});

describe('pinMoves onto a version that is no string', () => {
  const unquoted = {
    ...pin('demo', { tag: '1.10' }),
    notStrings: [
      {
        field: 'newTag' as const,
        written: '1.10',
        position: { line: 1, column: 1 },
      },
    ],
  };
  const empty = { ...unquoted, version: {} };

  it.each([
    ['the same, where it is to be quoted', unquoted, '1.10', true, true],
    ['the same, where it is not', unquoted, '1.10', false, false],
    ['another', unquoted, '1.11', false, true],
    ['one where there is none', empty, '1.11', false, true],
    [
      'the same that is a string',
      pin('demo', { tag: '1.10' }),
      '1.10',
      true,
      false,
    ],
  ])('moves %s', (_, to, tag, quotes, moves) => {
    const { changes } = pinMoves([pin('demo', { tag })], [to], { quotes });
    expect(changes.map(({ after }) => after)).toEqual(moves ? [{ tag }] : []);
  });
});

describe('samePinChanges', () => {
  const change = (name: string, after: string) => ({
    name,
    before: { tag: '1' },
    after: { tag: after },
  });

  it.each([
    ['in another order', [change('b', '3'), change('a', '2')], true],
    ['with another version', [change('a', '2'), change('b', '4')], false],
    ['with another pin', [change('a', '2'), change('c', '3')], false],
    ['with one less', [change('a', '2')], false],
    ['none', [], false],
  ])('%s', (_, other, same) => {
    const one = [change('a', '2'), change('b', '3')];
    expect(samePinChanges(one, other)).toBe(same);
    expect(samePinChanges(other, one)).toBe(same);
  });
});
