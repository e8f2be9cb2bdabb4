import { Side } from './Side';

const at = (seconds: number) =>
  new Date(Date.parse('2026-11-24T00:00:00Z') + seconds * 1000);

describe('Side', () => {
  it('is stale until it was read', () => {
    expect(new Side(1000).freshness(at(0))).toEqual({
      readAt: undefined,
      stale: true,
      error: undefined,
    });
  });

  it('is fresh after a read, and stale when the next ones are missing', () => {
    const side = new Side(60_000);
    side.succeeded(at(0));
    expect(side.freshness(at(60))).toMatchObject({ stale: false });
    expect(side.freshness(at(61))).toMatchObject({
      stale: true,
      readAt: '2026-11-24T00:00:00.000Z',
    });
  });

  it('is stale as soon as a read fails, and says why until one succeeds', () => {
    const side = new Side(60_000);
    side.succeeded(at(0));
    side.failed(new Error('away'));
    expect(side.freshness(at(1))).toEqual({
      readAt: '2026-11-24T00:00:00.000Z',
      stale: true,
      error: 'away',
    });
    side.succeeded(at(2));
    expect(side.freshness(at(3))).toMatchObject({
      stale: false,
      error: undefined,
    });
  });
});
