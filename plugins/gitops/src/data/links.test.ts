import { safeHref } from './links';

// Written so that no reader takes it for a link of this project's own.
const SCRIPT = ['javascript', 'alert(1)'].join(':');

describe('safeHref', () => {
  it.each([
    ['https://github.com/demo', 'https://github.com/demo'],
    ['http://stage.localtest.me', 'http://stage.localtest.me/'],
    [SCRIPT, undefined],
    [` ${SCRIPT.toUpperCase()}`, undefined],
    ['data:text/html,hello', undefined],
    ['/catalog', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%p', (address, expected) => {
    expect(safeHref(address)).toBe(expected);
  });
});
