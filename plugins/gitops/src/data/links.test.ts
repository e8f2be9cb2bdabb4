import { safeHref } from './links';

describe('safeHref', () => {
  it.each([
    ['https://github.com/demo', 'https://github.com/demo'],
    ['http://stage.localtest.me', 'http://stage.localtest.me/'],
    ['javascript:alert(1)', undefined],
    [' JaVaScRiPt:alert(1)', undefined],
    ['data:text/html,hello', undefined],
    ['/catalog', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%p', (address, expected) => {
    expect(safeHref(address)).toBe(expected);
  });
});
