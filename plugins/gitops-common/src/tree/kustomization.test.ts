import { kustomizeBuild, podRunning } from '../__testUtils__/kustomize';
import { ImagePin, readKustomization } from './kustomization';

/** Pins in short: `name → image @ tag @ digest`, so that a table of them can be read. */
function pinsOf(text: string): string[] {
  const reading = readKustomization(text);
  if (!reading.ok) {
    throw new Error(reading.problem.message);
  }
  return reading.kustomization.images.map(
    ({ name, image, version: { tag, digest } }: ImagePin) =>
      [name === image ? name : `${name} → ${image}`, tag, digest]
        .filter(part => part !== undefined)
        .join(' @ '),
  );
}

function problemOf(text: string) {
  const reading = readKustomization(text);
  if (reading.ok) {
    throw new Error('the file was read');
  }
  return reading.problem;
}

/** The file with the pod among its resources, added in the style of its first document. */
function withResource(text: string): string {
  if (text.startsWith('"')) {
    return `"resources": ["pod.yaml"]\n${text}`;
  }
  const lineBreak = text.includes('\r\n') ? '\r\n' : '\n';
  return text.replace(
    /^(\ufeff|[%#].*\n---\n|)/,
    `$1resources: [pod.yaml]${lineBreak}`,
  );
}

/** What the real kustomize makes of an image called `demo`. */
function built(kustomization: string) {
  return kustomizeBuild({
    'kustomization.yaml': kustomization,
    'pod.yaml': podRunning(['demo']),
  });
}

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const DEMO = ['demo @ 1.4.2'];

// Each file: the pins that we read, and what the real kustomize makes of the image `demo`.
const READ: [what: string, text: string, pins: string[], image: string][] = [
  [
    'a plain pin',
    'images:\n  - name: demo\n    newTag: 1.4.2\n',
    DEMO,
    'demo:1.4.2',
  ],
  [
    'single quotes',
    "images:\n  - name: 'demo'\n    newTag: '1.10'\n",
    ['demo @ 1.10'],
    'demo:1.10',
  ],
  [
    'double quotes with an escape',
    'images:\n  - name: demo\n    newTag: "1.\\x31"\n',
    ['demo @ 1.1'],
    'demo:1.1',
  ],
  [
    'a folded block scalar',
    'images:\n  - name: demo\n    newTag: >-\n      1.4.2\n',
    DEMO,
    'demo:1.4.2',
  ],
  ['flow style', 'images: [{name: demo, newTag: 1.4.2}]\n', DEMO, 'demo:1.4.2'],
  ['JSON', '"images": [{"name":"demo","newTag":"1.4.2"}]', DEMO, 'demo:1.4.2'],
  [
    'a new name with a registry and port',
    'images: [{name: demo, newName: localhost:5001/demo, newTag: 1.4.2}]\n',
    ['demo → localhost:5001/demo @ 1.4.2'],
    'localhost:5001/demo:1.4.2',
  ],
  [
    'an empty new name',
    'images: [{name: demo, newName: "", newTag: 1.4.2}]\n',
    DEMO,
    'demo:1.4.2',
  ],
  [
    'a digest',
    `images: [{name: demo, digest: "${DIGEST}"}]\n`,
    [`demo @ ${DIGEST}`],
    `demo@${DIGEST}`,
  ],
  [
    'a tag and a digest',
    `images: [{name: demo, newTag: 1.4.2, digest: "${DIGEST}"}]\n`,
    [`demo @ 1.4.2 @ ${DIGEST}`],
    `demo:1.4.2@${DIGEST}`,
  ],
  ['no images', 'kind: Kustomization\n', [], 'demo'],
  ['images without a value', 'images:\n', [], 'demo'],
  ['images: null', 'images: ~\n', [], 'demo'],
  ['an empty list', 'images: []\n', [], 'demo'],
  [
    'an entry that is null',
    'images:\n  - ~\n  - {name: demo, newTag: 1.4.2}\n',
    DEMO,
    'demo:1.4.2',
  ],
  ['an entry without a name', 'images: [{newTag: 1.4.2}]\n', [], 'demo'],
  ['a pin without a version', 'images: [{name: demo}]\n', ['demo'], 'demo'],
  ['an empty tag', 'images: [{name: demo, newTag: ""}]\n', ['demo'], 'demo'],
  [
    'a tag without a value',
    'images:\n  - name: demo\n    newTag:\n',
    ['demo'],
    'demo',
  ],
  [
    'the same pin twice',
    'images: [{name: demo, newTag: 1.4.2}, {name: demo, newTag: 1.4.3}]\n',
    ['demo @ 1.4.2', 'demo @ 1.4.3'],
    'demo:1.4.3',
  ],
  [
    'the same field twice',
    'images: [{name: demo, newTag: 1.4.1, newTag: 1.4.2}]\n',
    DEMO,
    'demo:1.4.2',
  ],
  [
    'images twice',
    'images: [{name: demo, newTag: 1.4.1}]\nimages: [{name: demo, newTag: 1.4.2}]\n',
    DEMO,
    'demo:1.4.2',
  ],
  [
    'an alias',
    'images:\n  - {name: other, newTag: &version 1.4.2}\n  - {name: demo, newTag: *version}\n',
    ['other @ 1.4.2', 'demo @ 1.4.2'],
    'demo:1.4.2',
  ],
  [
    'an alias to the later of two equal anchors',
    'images:\n  - {name: &a other, newTag: &a 1.4.2}\n  - {name: demo, newTag: *a}\n',
    ['other @ 1.4.2', 'demo @ 1.4.2'],
    'demo:1.4.2',
  ],
  [
    'a merge key',
    'images:\n  - &base {name: other, newTag: 1.4.2}\n  - {<<: *base, name: demo}\n',
    ['other @ 1.4.2', 'demo @ 1.4.2'],
    'demo:1.4.2',
  ],
  [
    'a merge key before a field of its own',
    'images:\n  - &base {name: other, newTag: 1.4.1}\n  - {<<: *base, name: demo, newTag: 1.4.2}\n',
    ['other @ 1.4.1', 'demo @ 1.4.2'],
    'demo:1.4.2',
  ],
  [
    'a merge key after a field of its own, which go-yaml lets win',
    'images:\n  - &base {newTag: 1.4.2}\n  - {name: demo, newTag: 1.4.1, <<: *base}\n',
    DEMO,
    'demo:1.4.2',
  ],
  [
    'a merge key with a list, of which the first wins',
    'images:\n  - &one {name: one, newTag: 1.4.2}\n  - &two {name: two, newTag: 1.4.1}\n  - {<<: [*one, *two], name: demo}\n',
    ['one @ 1.4.2', 'two @ 1.4.1', 'demo @ 1.4.2'],
    'demo:1.4.2',
  ],
  [
    'a merge key within a merged mapping',
    'images:\n  - &one {name: one, newTag: 1.4.2}\n  - &two {<<: *one, name: two}\n  - {<<: *two, name: demo}\n',
    ['one @ 1.4.2', 'two @ 1.4.2', 'demo @ 1.4.2'],
    'demo:1.4.2',
  ],
  [
    'two documents, of which Kustomize reads the first',
    'images: [{name: demo, newTag: 1.4.2}]\n---\nimages: [{name: demo, newTag: 9.9.9}]\n',
    DEMO,
    'demo:1.4.2',
  ],
  [
    'a broken second document',
    'images: [{name: demo, newTag: 1.4.2}]\n---\na: [b\n',
    DEMO,
    'demo:1.4.2',
  ],
  [
    'a document marker and a directive',
    '%YAML 1.1\n---\nimages: [{name: demo, newTag: 1.4.2}]\n',
    DEMO,
    'demo:1.4.2',
  ],
  [
    'a comment before the first document',
    '# who owns this\n---\nimages: [{name: demo, newTag: 1.4.2}]\n',
    DEMO,
    'demo:1.4.2',
  ],
  [
    'CRLF',
    'images:\r\n  - name: demo\r\n    newTag: 1.4.2\r\n',
    DEMO,
    'demo:1.4.2',
  ],
  [
    'a byte order mark',
    '\ufeffimages: [{name: demo, newTag: 1.4.2}]\n',
    DEMO,
    'demo:1.4.2',
  ],
  [
    'no line break at the end',
    'images:\n  - name: demo\n    newTag: 1.4.2',
    DEMO,
    'demo:1.4.2',
  ],
  [
    'a number that a YAML tag makes a string',
    'images: [{name: demo, newTag: !!str 1.10}]\n',
    ['demo @ 1.10'],
    'demo:1.10',
  ],
  [
    'a number with a tag that nobody knows',
    'images: [{name: demo, newTag: !mine 1.10}]\n',
    ['demo @ 1.10'],
    'demo:1.10',
  ],
  [
    'names that JavaScript objects have',
    'images: [{name: __proto__, newTag: 1.4.1}, {name: constructor, newTag: 1.4.0}, {name: demo, newTag: 1.4.2}]\n',
    ['__proto__ @ 1.4.1', 'constructor @ 1.4.0', 'demo @ 1.4.2'],
    'demo:1.4.2',
  ],
];

describe('readKustomization', () => {
  it.each(READ)('reads %s', (_, text, pins) => {
    expect(pinsOf(text)).toEqual(pins);
  });

  it.each(READ)(
    'agrees with the real kustomize on %s',
    (_, text, __, image) => {
      expect(built(withResource(text))).toMatchObject({
        ok: true,
        images: [image],
      });
    },
  );

  const NOT_STRINGS: [written: string, read: string][] = [
    ['1.10', '1.10'],
    ['1e3', '1e3'],
    ['0123', '0123'],
    ['yes', 'yes'],
    ['null', 'null'],
    ['~', '~'],
    ['!!int "5"', '5'],
    ['!!float 1.5', '1.5'],
    ['!!bool "true"', 'true'],
  ];

  it.each(NOT_STRINGS)(
    'says where %s, which is no string, is written',
    (written, read) => {
      const reading = readKustomization(
        `images:\n  - name: demo\n    newTag: ${written}\n`,
      );
      expect(reading).toMatchObject({
        ok: true,
        kustomization: {
          images: [
            {
              notStrings: [
                {
                  field: 'newTag',
                  written: read,
                  position: {
                    line: 3,
                    column:
                      `    newTag: ${written}`.indexOf(read) +
                      1 -
                      (written.includes('"') ? 1 : 0),
                  },
                },
              ],
            },
          ],
        },
      });
    },
  );

  it.each(['"1.10"', "'1.10'", '!!str 1.10', '>-\n      1.10', '1.4.2'])(
    'takes %s for a string',
    written => {
      expect(
        readKustomization(`images:\n  - name: demo\n    newTag: ${written}\n`),
      ).toMatchObject({ kustomization: { images: [{ notStrings: [] }] } });
    },
  );

  it.each<[what: string, text: string, line: number, column: number]>([
    ['the tag', 'images:\n  - name: demo\n    newTag: 1.4.2\n', 3, 13],
    ['the tag in a flow', 'images: [{name: demo, newTag: 1.4.2}]', 1, 31],
    [
      'the tag where there is a digest too',
      `images:\n  - name: demo\n    digest: ${DIGEST}\n    newTag: 1.4.2\n`,
      4,
      13,
    ],
    ['the digest', `images:\n  - name: demo\n    digest: ${DIGEST}\n`, 3, 13],
    ['the entry without a version', 'images:\n  - name: demo\n', 2, 5],
    [
      'the alias, not its anchor',
      'images:\n  - {name: a, newTag: &v 1.4.2}\n  - {name: demo, newTag: *v}\n',
      3,
      26,
    ],
    [
      'the entry that merges its version in',
      'images:\n  - &a {name: a, newTag: 1.4.2}\n  - {<<: *a, name: demo}\n',
      3,
      5,
    ],
    ['after CRLF', 'images:\r\n  - name: demo\r\n    newTag: 1.4.2\r\n', 3, 13],
    [
      'behind a byte order mark',
      '\ufeffimages: [{name: demo, newTag: 1.4.2}]',
      1,
      31,
    ],
    [
      'lines after a byte order mark',
      '\ufeffimages:\n  - name: demo\n    newTag: 1.4.2\n',
      3,
      13,
    ],
  ])('gives the position of %s', (_, text, line, column) => {
    const reading = readKustomization(text);
    const images = reading.ok ? reading.kustomization.images : [];
    expect(images[images.length - 1].position).toEqual({ line, column });
  });

  it('reads the namespace and the resources', () => {
    expect(
      readKustomization(
        'namespace: demo-stage\nresources:\n  - ../../base\n  - &x extra.yaml\n',
      ),
    ).toMatchObject({
      kustomization: {
        namespace: 'demo-stage',
        resources: ['../../base', 'extra.yaml'],
      },
    });
    expect(readKustomization('resources:\nnamespace:\n')).toMatchObject({
      kustomization: { namespace: undefined, resources: [] },
    });
  });

  // Each is refused by the real kustomize too.
  it.each<
    [
      what: string,
      text: string,
      message: RegExp,
      at: [number, number] | undefined,
    ]
  >([
    [
      'a flow that is not closed',
      'a: 1\nimages: [\n',
      /flow sequence/i,
      [3, 1],
    ],
    [
      'a field at the wrong depth',
      'images:\n  - name: demo\n    newTag: "1"\n   newName: x\n',
      /./,
      [4, 1],
    ],
    ['a tab as indentation', 'images:\n\t- name: demo\n', /tab/i, [2, 1]],
    ['an unclosed quote', 'images:\n  - name: "demo\n', /quote/i, [3, 1]],
    [
      'a fault behind a byte order mark',
      '\ufeffa: b: c\n',
      /nested mappings|compact/i,
      [1, 4],
    ],
    ['a fault after CRLF', 'a: 1\r\nb: [\r\n', /flow sequence/i, [3, 1]],
    ['a list', '- a\n', /the file is not a mapping/, [1, 1]],
    ['a word', 'hello\n', /the file is not a mapping/, [1, 1]],
    [
      'images as a mapping',
      'images:\n  demo: 1\n',
      /images is not a list/,
      [2, 3],
    ],
    [
      'an entry that is a word',
      'images:\n  - demo\n',
      /an entry of images is not a mapping/,
      [2, 5],
    ],
    [
      'a name that is a number',
      'images: [{name: 1.5, newTag: "1"}]\n',
      /the name of an images entry is not a string: unquoted, 1.5 is a number/,
      [1, 17],
    ],
    [
      'a new name that is a number',
      'images: [{name: demo, newName: 15}]\n',
      /newName of demo is not a string/,
      [1, 32],
    ],
    [
      'a tag that is a list',
      'images: [{name: demo, newTag: [a]}]\n',
      /newTag of demo is not a string/,
      [1, 31],
    ],
    [
      'resources as a word',
      'resources: base\n',
      /resources is not a list/,
      [1, 12],
    ],
    [
      'a namespace that is a number',
      'namespace: 12\n',
      /namespace is not/,
      [1, 12],
    ],
    [
      'an alias without an anchor',
      'images: [{name: demo, newTag: *version}]\n',
      /there is no anchor version/,
      [1, 31],
    ],
    [
      'a merge of nothing',
      'resources: []\n<<:\n',
      /a merge key takes a mapping or a list of mappings/,
      [2, 1],
    ],
    [
      'a merge of a text among mappings',
      'images:\n  - <<: [{name: demo}, x]\n',
      /a merge key takes a mapping or a list of mappings/,
      [2, 5],
    ],
    [
      'an anchor that contains itself',
      'images: &a\n  - *a\n',
      /the anchor a contains itself/,
      [2, 5],
    ],
  ])('says what and where is wrong with %s', (_, text, message, at) => {
    const problem = problemOf(text);
    expect(problem.message).toMatch(message);
    expect(problem.position).toEqual(at && { line: at[0], column: at[1] });
    // For the same reason, not for a field that it does not know.
    expect(built(text)).toEqual({
      ok: false,
      message: expect.not.stringContaining('unknown field'),
    });
  });

  it.each([
    ['nothing', ''],
    ['only white space', '  \n\n'],
    ['only a comment', '# later\n'],
    ['only a byte order mark', '\ufeff'],
    ['an empty first document', '---\n---\nimages: []\n'],
  ])('calls %s empty', (_, text) => {
    expect(problemOf(text)).toEqual({
      message:
        'the file is empty, or its first document is, and Kustomize reads no other',
    });
  });
});

describe('a hostile Kustomization', () => {
  const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
  const bomb = [...LETTERS]
    .map((letter, index) => {
      const last = LETTERS[index - 1];
      return `${letter}: &${letter} [${last ? `*${last}, *${last}` : 'x, x'}]`;
    })
    .join('\n');
  const mergeBomb = [...LETTERS]
    .map((letter, index) => {
      const last = LETTERS[index - 1];
      return `${letter}: &${letter} {${
        last ? `<<: [*${last}, *${last}]` : 'x: 1'
      }}`;
    })
    .join('\n');
  const indented = (depth: number) =>
    Array.from({ length: depth }, (_, at) => `${' '.repeat(at)}a:`).join('\n');

  it.each<[what: string, text: string, message: RegExp]>([
    ['a YAML bomb', `${bomb}\nimages: []\n`, /its aliases expand to more than/],
    [
      'a bomb of merge keys',
      `${mergeBomb}\nimages: [{<<: *z, name: demo}]\n`,
      /its aliases expand to more than/,
    ],
    [
      'one long text, many times',
      `a: &a ${'x'.repeat(60_000)}\nb: [${'*a, '.repeat(10_000)}]\n`,
      /its aliases expand to more than/,
    ],
    [
      'merge keys without end',
      `b: &b {x: 1}\na:\n${'  <<: *b\n'.repeat(28_000)}`,
      /it merges mappings more often than is read/,
    ],
    ['lists in lists', `a: ${'['.repeat(100_000)}`, /nested deeper than 100/],
    [
      'closed lists in lists',
      `a: ${'['.repeat(5_000)}${']'.repeat(5_000)}`,
      /nested deeper than 100/,
    ],
    ['mappings in mappings', '{a: '.repeat(30_000), /nested deeper than 100/],
    ['dashes', `${'- '.repeat(50_000)}a`, /nested deeper than 100/],
    ['question marks', `${'? '.repeat(50_000)}a`, /nested deeper than 100/],
    ['indentation', indented(500), /nested deeper than 100/],
    [
      'question marks that are closed all at once',
      `images:\n  ${'? '.repeat(3_000)}x\na: 1\n`,
      /nested deeper than 100/,
    ],
    ['a huge file', '#'.repeat(300_000), /has 300000 characters/],
  ])('is refused: %s', (_, text, message) => {
    expect(problemOf(text).message).toMatch(message);
  });

  const SIZE = 256 * 1024;
  it.each<[what: string, text: string]>([
    [
      'keys',
      Array.from({ length: 22_000 }, (_, at) => `${at.toString(36)}:`).join(
        '\n',
      ),
    ],
    ['documents', '---\na: 1\n'.repeat(SIZE / 9)],
    ['anchors', `a:\n${'- &a b\n'.repeat(SIZE / 8)}`],
    ['aliases', `a:\n- &a b\n${'- *a\n'.repeat(20_000)}`],
    [
      'pins that are aliases',
      `images:\n- &a {name: a}\n${'- *a\n'.repeat(20_000)}`,
    ],
    // Each comma is an error with a stack, which is slow under Jest.
    ['commas', `a: [${','.repeat(SIZE / 4)}]`],
    ['colons', ': '.repeat(SIZE / 2 - 1)],
    ['line breaks', `a: b${'\n'.repeat(SIZE - 10)} c`],
    ['quotes', "'".repeat(SIZE - 1)],
    ['backslashes', `a: "${'\\'.repeat(SIZE - 10)}`],
    ['directives', '%YAML 1.1\n'.repeat(SIZE / 11)],
    ['tags', '!'.repeat(SIZE - 1)],
    ['tabs', '\t'.repeat(SIZE - 1)],
    // Each would keep a reader busy for minutes whose time grows with the square of the size.
  ])('is read to its end: %s', (_, text) => {
    expect(text.length).toBeLessThanOrEqual(SIZE);
    expect(readKustomization(text)).toHaveProperty('ok');
  });

  it('reads nesting as deep as any real file has', () => {
    expect(pinsOf(`${indented(90)}\nimages: [{name: demo}]\n`)).toEqual([
      'demo',
    ]);
  });

  it('reads a first document, whatever follows it', () => {
    expect(
      pinsOf(
        `images: [{name: demo, newTag: 1.4.2}]\n---\n${'['.repeat(5_000)}`,
      ),
    ).toEqual(DEMO);
  });
});
