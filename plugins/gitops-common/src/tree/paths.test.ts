import fc from 'fast-check';
import { resolveInTree } from './paths';

describe('resolveInTree', () => {
  it.each<[folder: string, path: string, resolved: string | undefined]>([
    ['bootstrap', 'demo.yaml', 'bootstrap/demo.yaml'],
    ['bootstrap', './demo.yaml', 'bootstrap/demo.yaml'],
    ['bootstrap', 'team//demo.yaml', 'bootstrap/team/demo.yaml'],
    ['bootstrap', 'team/', 'bootstrap/team'],
    ['apps/demo/overlays/stage', '../../base', 'apps/demo/base'],
    ['bootstrap', '../apps/../bootstrap/x.yaml', 'bootstrap/x.yaml'],
    ['bootstrap', '.', 'bootstrap'],
    ['bootstrap', '..', ''],
    ['', 'apps/demo', 'apps/demo'],
    ['', '', ''],
    ['bootstrap', '...', 'bootstrap/...'],
    ['bootstrap', '..hidden', 'bootstrap/..hidden'],
    ['bootstrap', 'ünïcödé 🚀.yaml', 'bootstrap/ünïcödé 🚀.yaml'],
    ['bootstrap', '../..', undefined],
    ['bootstrap', '../../x', undefined],
    ['', '..', undefined],
    ['a', '../../a/x', undefined],
    ['bootstrap', '/etc/passwd', undefined],
    ['bootstrap', '//host/x', undefined],
    ['bootstrap', '..\\..\\x', undefined],
    ['bootstrap', 'a\u0000.yaml', undefined],
    ['bootstrap', 'a\nb', undefined],
    ['bootstrap', 'half \ud800 of a pair', undefined],
    ['bootstrap', 'a\u007fb', undefined],
    ['apps', 'a'.repeat(507), `apps/${'a'.repeat(507)}`],
    ['apps', 'a'.repeat(508), undefined],
  ])('resolves in %j the path %j to %j', (folder, path, resolved) => {
    expect(resolveInTree(folder, path)).toBe(resolved);
  });

  it('never leaves the repository', () => {
    const segment = fc.oneof(
      fc.constantFrom('..', '.', '', 'apps', '...', '\\', '~'),
      fc.string({ maxLength: 4 }),
    );
    const path = fc.array(segment, { maxLength: 8 }).map(all => all.join('/'));

    fc.assert(
      fc.property(path, path, (folder, relative) => {
        const resolved = resolveInTree(folder, relative);
        const left = (resolved ?? '')
          .split('/')
          .filter(part => ['', '.', '..'].includes(part));
        expect(resolved ? left : []).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('gives paths that resolve to themselves', () => {
    fc.assert(
      fc.property(fc.webPath(), path => {
        const resolved = resolveInTree('', path.slice(1));
        fc.pre(resolved !== undefined);
        expect(resolveInTree('', resolved!)).toBe(resolved);
      }),
    );
  });
});
