import { cursorAfter, pageOf } from './pages';

const POSITION = {
  createdAt: '2026-11-24T00:00:01.000Z',
  id: 'b9d1f0c2-0000-4000-8000-000000000000',
};

describe('the pages of promotions', () => {
  it('go on after the promotion that a cursor was made of', () => {
    expect(
      pageOf({ query: { limit: '7', cursor: cursorAfter(POSITION) } }),
    ).toEqual({ limit: 7, after: POSITION });
  });

  it('begin with the newest ones', () => {
    expect(pageOf({ query: {} })).toEqual({ limit: 50 });
  });

  it.each(['', 'nonsense', Buffer.from("1' or 1=1").toString('base64url')])(
    'refuse the cursor %p',
    cursor => {
      expect(() => pageOf({ query: { cursor } })).toThrow('The cursor is none');
    },
  );
});
