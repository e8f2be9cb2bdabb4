import fc from 'fast-check';
import type { InfraSnapshot } from '../tree/InfraSnapshot';
import { generatedKustomization } from './generatedKustomization';
import { applicationManifest, COMMIT } from './tree';

/** Runs of each property: some for every test run, many for `yarn fuzz`. */
export const FUZZ_RUNS = Number(process.env.FUZZ_RUNS ?? 150);

/** Names that every object has, which a careless reader takes for content. */
export const PROTOTYPE_NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
];

const FIELDS = [
  'images',
  'resources',
  'bases',
  'components',
  'patches',
  'namespace',
  'configMapGenerator',
  'helmCharts',
  'openapi',
  'name',
  'newName',
  'newTag',
  'digest',
  'path',
  'kind',
  'apiVersion',
  'metadata',
  'labels',
  'annotations',
  'spec',
  'source',
  'sources',
  'repoURL',
  'destination',
  'syncPolicy',
  'automated',
  'kustomize',
];

const WORDS = [
  'demo',
  'Application',
  'argoproj.io/v1alpha1',
  '1.4.2',
  '1.10',
  'null',
  'yes',
  'apps/demo/overlays/stage',
  '../../base',
  '../../../../../../etc/passwd',
  '/etc/passwd',
  'base\u0000.yaml',
  '..',
  '.',
  './/..//./..',
  'a\\..\\..\\b',
  'https://example.com/base?ref=main',
  'github.com/demo/base',
  'git@github.com:demo/base.git',
  '%2e%2e/%2e%2e',
  '\ud800',
  '\u202e',
  'x'.repeat(300),
];

const TOKENS = [
  ...FIELDS.map(field => `${field}:`),
  ...PROTOTYPE_NAMES.map(name => `${name}:`),
  ...WORDS,
  ...['- ', '? ', ': ', ', ', '{', '}', '[', ']', '<<: ', '<<: *a'],
  ...['&a ', '*a', '&b ', '*b', '!', '!!str ', '!!int ', '!!binary ', '!<x> '],
  ...['"', "'", '|', '>-', '|+2', '#', '---\n', '...\n', '%YAML 1.1\n'],
  ...['\n', '\n  ', '\n    ', '\r', '\r\n', '\t', ' ', '\u0000', '\u0085'],
  ...['\ufeff', '\u2028', '\u00a0', '\u001b[2J', '🚀', '@', '`', '1e999'],
];

const tokens = fc
  .array(fc.constantFrom(...TOKENS), { maxLength: 60 })
  .map(parts => parts.join(''));

const key = fc.constantFrom(...FIELDS, ...PROTOTYPE_NAMES);
const value: fc.Arbitrary<unknown> = fc.letrec(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(...WORDS, null, true, 1.1, -0, 1e30, ''),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(key, tie('value')), { maxLength: 5 })
      .map(entries => Object.fromEntries(entries)),
  ),
})).value;

/** JSON, of the right names and the wrong shapes. */
export const hostileJson = value;

// JSON is YAML; `__proto__` has to be an own key.
const structured = value.map(content => JSON.stringify(content) ?? '');

const bomb = fc
  .record({
    levels: fc.nat({ max: 30 }),
    width: fc.integer({ min: 1, max: 5 }),
    merging: fc.boolean(),
    root: fc.constantFrom('images', 'resources', 'metadata', 'x'),
  })
  .map(({ levels, width, merging, root }) =>
    [
      'l0: &l0 {name: x}',
      ...Array.from({ length: levels }, (_, level) => {
        const aliases = Array(width).fill(`*l${level}`).join(', ');
        return merging
          ? `l${level + 1}: &l${level + 1} {<<: [${aliases}]}`
          : `l${level + 1}: &l${level + 1} [${aliases}]`;
      }),
      `${root}: [*l${levels}]`,
    ].join('\n'),
  );

const nested = fc
  .tuple(
    fc.constantFrom('[', '{a: ', '- ', '? ', 'a:\n', '!!str ', '&a '),
    fc.nat({ max: 3000 }),
    fc.constantFrom('', ']', '}', 'x'),
  )
  .map(
    ([open, depth, end]) =>
      `images:\n  ${open.repeat(depth)}${end.repeat(depth % 50)}`,
  );

const huge = fc
  .tuple(
    fc.constantFrom('#', 'a', '- a\n', ' ', '\n'),
    fc.constantFrom(70_000, 300_000),
  )
  .map(([piece, count]) => piece.repeat(count));

const sound = fc.oneof(
  generatedKustomization.map(({ text }) => text),
  fc.constantFrom(
    applicationManifest({
      name: 'demo-stage',
      path: 'apps/demo/overlays/stage',
    }),
    applicationManifest({
      name: 'toString',
      path: 'apps/constructor/overlays/toString',
      promotesFrom: '__proto__',
    }),
  ),
);

/** A sound text with pieces cut out, doubled or put in. */
const mutated = fc
  .tuple(
    sound,
    fc.array(
      fc.tuple(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat({ max: 12 }),
        fc.oneof(fc.constantFrom(...TOKENS), fc.constant(undefined)),
      ),
      { maxLength: 6 },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce((changed, [place, length, token]) => {
      const at = Math.floor(place * changed.length);
      const cut = changed.slice(at, at + length);
      return (
        changed.slice(0, at) + (token ?? cut + cut) + changed.slice(at + length)
      );
    }, text),
  );

/** What a file of a repository can hold that somebody means harm with, or wrote in haste. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: mutated },
  { weight: 5, arbitrary: structured },
  { weight: 5, arbitrary: tokens },
  { weight: 2, arbitrary: bomb },
  { weight: 2, arbitrary: nested },
  { weight: 1, arbitrary: huge },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
);

const PATHS = [
  'bootstrap/kustomization.yaml',
  'bootstrap/app.yaml',
  'bootstrap/__proto__.yaml',
  'apps/demo/base/kustomization.yaml',
  'apps/demo/overlays/stage/kustomization.yaml',
  'apps/demo/overlays/local/Kustomization',
  'apps/constructor/overlays/toString/kustomization.yaml',
  'apps/__proto__/overlays/__proto__/kustomization.yml',
];

/** A map that answers for paths inside of the tree only: who asks for another one reads outside. */
class TreeMap extends Map<string, string> {
  get(path: string): string | undefined {
    assertInside(path);
    return super.get(path);
  }

  has(path: string): boolean {
    assertInside(path);
    return super.has(path);
  }
}

/** Throws for a path that is not in plain words a path from the root of a tree. */
export function assertInside(path: string): void {
  if (
    path.startsWith('/') ||
    /[\\\p{Cc}]/u.test(path) ||
    path.split('/').some(segment => segment === '..' || segment === '.')
  ) {
    throw new Error(`${JSON.stringify(path)} is outside of the tree`);
  }
}

/** A tree of hostile files. */
export const hostileSnapshot: fc.Arbitrary<InfraSnapshot> = fc
  .record({
    files: fc.array(fc.tuple(fc.constantFrom(...PATHS), hostileText), {
      maxLength: 8,
    }),
    unread: fc.array(
      fc.tuple(
        fc.constantFrom(...PATHS, 'apps', 'apps/demo/base'),
        fc.constantFrom('is a symbolic link', 'is a submodule'),
      ),
      { maxLength: 3 },
    ),
    bound: fc.boolean(),
  })
  .map(({ files, unread, bound }) => ({
    commit: COMMIT,
    files: new TreeMap([
      ...files,
      // Else hardly a tree would have an environment.
      ...(bound
        ? ([
            ['bootstrap/kustomization.yaml', 'resources: [app.yaml]'],
            [
              'bootstrap/app.yaml',
              ['demo/overlays/stage', 'demo/overlays/local']
                .map(path =>
                  applicationManifest({ name: path, path: `apps/${path}` }),
                )
                .join('\n---\n'),
            ],
          ] as [string, string][])
        : []),
    ]),
    unread: new TreeMap(unread),
  }));
