import { recordedStatus } from '../__testUtils__/recordings';
import { comparedSinceOperation } from './comparedSinceOperation';

describe('comparedSinceOperation', () => {
  it.each<
    [
      reconciledAt: string | undefined,
      finishedAt: string | undefined,
      expected: boolean | undefined,
    ]
  >([
    ['2026-11-23T23:34:47Z', '2026-11-23T23:34:46Z', true],
    ['2026-11-23T23:34:46Z', '2026-11-23T23:34:46Z', true],
    ['2026-11-23T23:34:45Z', '2026-11-23T23:34:46Z', false],
    ['2026-11-23T23:34:45Z', '2026-11-24T00:34:44+01:00', true],
    [undefined, '2026-11-23T23:34:46Z', undefined],
    ['2026-11-23T23:34:45Z', undefined, undefined],
    ['soon', '2026-11-23T23:34:46Z', undefined],
  ])(
    'compared at %s, of an operation that ended at %s: %s',
    (reconciledAt, finishedAt, expected) => {
      const operation = { phase: 'Succeeded' as const, finishedAt };
      expect(comparedSinceOperation({ reconciledAt, operation })).toBe(
        expected,
      );
    },
  );

  it.each([
    'a-synced-healthy',
    'e2-image-pull-backoff-degraded',
    'f-wrong-host',
    'h-sync/t1',
    'j-history',
  ])('holds in every state that Argo CD settles in: %s', folder => {
    const status = recordedStatus(`${folder}/application.json`);
    expect(comparedSinceOperation(status)).toBe(true);
  });

  it('is not known of an Application that was never operated', () => {
    expect(comparedSinceOperation({ reconciledAt: '2026-11-23' })).toBe(
      undefined,
    );
  });
});
