import fc from 'fast-check';
import type { ImageVersion } from '../api/types';
import type { PinEdit } from '../tree/editPins';
import { plainScalarType } from '../tree/plainScalar';

/** A Kustomization in any hand's style, with an edit of some of its pins and the bytes that the edit should give. */
export interface GeneratedKustomization {
  text: string;
  edits: PinEdit[];
  expected: string;
  /** What `kustomize build` should make of a container for each of `names`, before and after. */
  names: string[];
  before: string[];
  after: string[];
}

// Text that stays, or the written value of a version field.
type Piece = string | { pin: number; before: string; after: string };

interface Pin {
  name: string;
  newName?: string;
  version: ImageVersion;
  wanted?: ImageVersion;
  flow: boolean;
  nameFirst: boolean;
  quotedKeys: boolean;
  anchored: boolean;
  style: ScalarStyle;
  comment: string;
}

type ScalarStyle = 'plain' | 'single' | 'double' | 'block' | 'tagged';

const NAMES = [
  'demo',
  'web',
  'ghcr.io/acme/api',
  'localhost:5001/team/worker',
  'a.b-c_d',
  '__proto__',
  'constructor',
];
const NEW_NAMES = ['registry.example.com:5000/x/y', 'localhost:5001/demo'];

const tag = fc
  .stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,12}$/)
  .filter(text => text.length <= 13);
const digest = fc
  .array(fc.constantFrom(...'0123456789abcdef'), {
    minLength: 64,
    maxLength: 64,
  })
  .map(hex => `sha256:${hex.join('')}`);

const versions = fc.oneof(
  fc.record({
    version: fc.record({ tag }),
    wanted: fc.option(fc.record({ tag }), { nil: undefined }),
  }),
  fc.record({
    version: fc.record({ digest }),
    wanted: fc.option(fc.record({ digest }), { nil: undefined }),
  }),
  fc.record({
    version: fc.record({ tag, digest }),
    wanted: fc.option(fc.record({ tag, digest }), { nil: undefined }),
  }),
);

const pin = (name: string): fc.Arbitrary<Pin> =>
  fc
    .record({
      newName: fc.option(fc.constantFrom(...NEW_NAMES), { nil: undefined }),
      versions,
      flow: fc.boolean(),
      nameFirst: fc.boolean(),
      quotedKeys: fc.boolean(),
      anchored: fc.boolean(),
      style: fc.constantFrom<ScalarStyle>(
        'plain',
        'single',
        'double',
        'block',
        'tagged',
      ),
      comment: fc.constantFrom(
        '',
        ' # keep: "newTag: 9.9.9"',
        '\t# ünïcödé 🚀',
      ),
    })
    .map(({ versions: { version, wanted }, ...rest }) => ({
      name,
      version,
      wanted,
      ...rest,
    }));

/** Kustomizations as people write them. */
export const generatedKustomization: fc.Arbitrary<GeneratedKustomization> = fc
  .record({
    pins: fc
      .subarray(NAMES, { minLength: 1 })
      .chain(names => fc.tuple(...names.map(pin)))
      .chain(pins => fc.shuffledSubarray(pins, { minLength: pins.length })),
    lineBreak: fc.constantFrom('\n', '\r\n'),
    byteOrderMark: fc.boolean(),
    finalLineBreak: fc.boolean(),
    flowList: fc.boolean(),
    imagesFirst: fc.boolean(),
    indented: fc.boolean(),
    blankLines: fc.boolean(),
  })
  .map(({ pins, ...layout }) => {
    const indent = layout.indented ? '  ' : '';
    const others: Piece[] = [
      '# newTag: "1.0.0" is no pin\n',
      'resources: [ pod.yaml ]   # as it is  \n',
      'commonAnnotations:\n  note: |\n    newTag: 1.4.2 # text\n\n',
    ];
    const images: Piece[] = layout.flowList
      ? [
          'images: [\n',
          ...pins.flatMap((each, index): Piece[] => [
            '    ',
            ...flowEntry(each, index),
            index < pins.length - 1 ? ',' : '',
            `${each.comment}\n`,
          ]),
          '  ]\n',
        ]
      : [
          'images: # in any order\n',
          ...pins.flatMap((each, index): Piece[] => [
            layout.blankLines ? '\n' : '',
            `${indent}# the image of ${index}\n${indent}- `,
            ...(each.flow
              ? [...flowEntry(each, index), `${each.comment}\n`]
              : blockEntry(each, index, `${indent}  `)),
          ]),
        ];
    const pieces = [
      layout.byteOrderMark ? '\ufeff' : '',
      ...(layout.imagesFirst ? [...images, ...others] : [...others, ...images]),
      '# the end',
      layout.finalLineBreak ? '\n' : '',
    ];
    const render = (value: (piece: Exclude<Piece, string>) => string) =>
      pieces
        .map(piece => (typeof piece === 'string' ? piece : value(piece)))
        .join('')
        .replace(/\n/g, layout.lineBreak);
    return {
      text: render(({ before }) => before),
      edits: pins.flatMap(({ name, wanted }) =>
        wanted ? [{ name, version: wanted }] : [],
      ),
      expected: render(({ pin: index, before, after }) =>
        pins[index].wanted ? after : before,
      ),
      names: pins.map(({ name }) => name),
      before: pins.map(each => reference(each, each.version)),
      after: pins.map(each => reference(each, each.wanted ?? each.version)),
    };
  });

function reference({ name, newName }: Pin, version: ImageVersion): string {
  return [
    newName ?? name,
    version.tag === undefined ? '' : `:${version.tag}`,
    version.digest === undefined ? '' : `@${version.digest}`,
  ].join('');
}

function flowEntry(each: Pin, index: number): Piece[] {
  const fields = entryFields(each, index, { ...each, style: flowStyle(each) });
  return [
    '{ ',
    ...fields.flatMap((field, at) => (at === 0 ? field : [', ', ...field])),
    ' }',
  ];
}

function blockEntry(each: Pin, index: number, indent: string): Piece[] {
  return entryFields(each, index, each, indent).flatMap((field, at) => [
    at === 0 ? '' : indent,
    ...field,
    // A block scalar carries its comment behind its indicator.
    each.style === 'block' && typeof field[field.length - 1] !== 'string'
      ? '\n'
      : `${each.comment}\n`,
  ]);
}

// A block scalar cannot stand in a flow.
function flowStyle({ style }: Pin): ScalarStyle {
  return style === 'block' ? 'plain' : style;
}

function entryFields(
  each: Pin,
  index: number,
  { style, quotedKeys }: { style: ScalarStyle; quotedKeys: boolean },
  indent = '',
): Piece[][] {
  const key = (name: string) => (quotedKeys ? `"${name}": ` : `${name}: `);
  const name: Piece[] = [`${key('name')}${each.name}`];
  const rest: Piece[][] = [
    ...(each.newName ? [[`${key('newName')}'${each.newName}'`]] : []),
    ...(['tag', 'digest'] as const).flatMap((kind): Piece[][] => {
      const value = each.version[kind];
      if (value === undefined) {
        return [];
      }
      const field = kind === 'tag' ? 'newTag' : 'digest';
      const anchor = each.anchored ? `&${field}${index} ` : '';
      const yamlTag = style === 'tagged' ? '!!str ' : '';
      return [
        [
          `${key(field)}${anchor}${yamlTag}`,
          {
            pin: index,
            before: written(value, style, each.comment, indent),
            after: rewritten(each.wanted?.[kind], style, each.comment),
          },
        ],
      ];
    }),
  ];
  return each.nameFirst ? [name, ...rest] : [...rest, name];
}

function written(
  value: string,
  style: ScalarStyle,
  comment: string,
  indent: string,
): string {
  switch (style) {
    case 'single':
      return `'${value}'`;
    case 'double':
      return `"${value}"`;
    case 'block':
      return `>-${comment}\n${indent}  ${value}`;
    case 'tagged':
      return value;
    default:
      return plainScalarType(value) === 'string' ? value : `"${value}"`;
  }
}

function rewritten(
  value: string | undefined,
  style: ScalarStyle,
  comment: string,
): string {
  const quoted = style === 'single' ? `'${value}'` : `"${value}"`;
  return style === 'block' ? `${quoted}${comment}` : quoted;
}
