import { isRepositoryPattern, matchesRepository } from './repositoryPatterns';

describe('patterns of repositories', () => {
  it.each<[pattern: string, url: string, matches: boolean]>([
    ['github.com/shop/web', 'https://github.com/shop/web', true],
    ['github.com/shop/web', 'https://github.com/Shop/Web.git', true],
    ['GitHub.com/Shop/*', 'https://github.com/shop/web', true],
    ['localhost:4401/demo/*', 'http://localhost:4401/demo/demo', true],
    ['github.com/shop/web', 'https://github.com/shop/web-secret', false],
    ['github.com/shop/*', 'https://github.com/shop-secret/web', false],
    ['github.com/shop/*', 'https://ghe.test/shop/web', false],
    ['github.com/shop/*', 'https://ghe.test/github.com/shop/web', false],
    ['github.com/shop/*', 'https://github.com/other/shop', false],
    ['localhost:4401/demo/*', 'http://localhost:4402/demo/demo', false],
    // A name is no expression.
    ['github.com/shop/w.b', 'https://github.com/shop/web', false],
  ])('%s and %s: %s', (pattern, url, matches) => {
    expect(isRepositoryPattern(pattern)).toBe(true);
    expect(matchesRepository(['other.test/a/b', pattern], url)).toBe(matches);
  });

  it('mean nothing where there are none', () => {
    expect(matchesRepository([], 'https://github.com/shop/web')).toBe(false);
  });

  it.each([
    '',
    '*',
    'shop/*',
    'github.com/*',
    'github.com/*/*',
    'github.com/shop',
    'github.com/shop/web/tree',
    'github.com/shop/we*',
    'https://github.com/shop/web',
  ])('are not %j', text => {
    expect(isRepositoryPattern(text)).toBe(false);
  });
});
