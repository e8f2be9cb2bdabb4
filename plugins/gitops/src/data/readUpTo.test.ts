import { readUpTo } from './readUpTo';

/** A list of `count` numbers, a page at a time, and the pages that it was asked for. */
function list(count: number) {
  const asked: unknown[] = [];
  const readPage = async (page: { limit?: number; cursor?: string }) => {
    asked.push(page);
    const start = Number(page.cursor ?? 0);
    const end = Math.min(count, start + page.limit!);
    return {
      items: Array.from({ length: end - start }, (_, index) => start + index),
      ...(end < count && { nextCursor: String(end) }),
    };
  };
  return { asked, readPage };
}

it.each([
  ['an empty list', 0, 20, 0, false, 1],
  ['less than is wanted', 7, 20, 7, false, 1],
  ['as much as is wanted', 20, 20, 20, false, 1],
  ['more than is wanted', 21, 20, 20, true, 1],
  ['more than comes at once', 300, 240, 240, true, 3],
  ['the rest of a list', 230, 240, 230, false, 3],
])('reads %s', async (_, count, wanted, length, hasMore, pages) => {
  const { asked, readPage } = list(count);
  await expect(readUpTo(wanted, readPage)).resolves.toEqual({
    items: Array.from({ length }, (__, index) => index),
    wanted,
    hasMore,
  });
  expect(asked).toHaveLength(pages);
});
