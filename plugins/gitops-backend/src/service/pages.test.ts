import {
  Cursor,
  cutPage,
  pageOf,
  promotionCursor,
  timelineCursor,
} from './pages';

const POSITION = {
  createdAt: '2026-11-24T00:00:01.000Z',
  id: 'b9d1f0c2-0000-4000-8000-000000000000',
};

describe.each<[list: string, cursor: Cursor<any>, position: unknown]>([
  ['promotions', promotionCursor, POSITION],
  ['a timeline', timelineCursor, '9007199254740993'],
])('the pages of %s', (_, cursor, position) => {
  it('go on after the last one of the page before', () => {
    const { page, nextCursor } = cutPage(
      ['a', 'b', 'c'],
      2,
      cursor,
      item => item === 'b' && position,
    );
    expect(page).toEqual(['a', 'b']);
    expect(
      pageOf({ query: { limit: '7', cursor: nextCursor } }, cursor),
    ).toEqual({ limit: 7, after: position });
  });

  it('end where there is no more', () => {
    expect(cutPage(['a', 'b'], 2, cursor, () => position)).toEqual({
      page: ['a', 'b'],
    });
  });

  it('begin with the newest ones', () => {
    expect(pageOf({ query: {} }, cursor)).toEqual({ limit: 50 });
  });

  it.each(['', 'nonsense', Buffer.from("1' or 1=1").toString('base64url')])(
    'refuse the cursor %p',
    text => {
      expect(() => pageOf({ query: { cursor: text } }, cursor)).toThrow(
        'The cursor is none',
      );
    },
  );
});
