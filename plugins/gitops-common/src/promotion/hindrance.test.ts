import type { PromotionState } from '../api/types';
import type { FindingSeverity } from '../findings/Finding';
import { hindrance } from './hindrance';

const finding = (code: string, severity: FindingSeverity = 'error') => ({
  code,
  severity,
  what: code,
  why: '',
  fix: '',
});

describe('hindrance', () => {
  it.each<
    [
      state: PromotionState,
      found: ReturnType<typeof finding>[],
      is: string | undefined,
    ]
  >([
    ['merged', [], undefined],
    ['merged', [finding('degraded')], 'degraded'],
    [
      'merged',
      [finding('degraded'), finding('image-pull-failed')],
      'image-pull-failed',
    ],
    ['merged', [finding('degraded', 'warning')], undefined],
    ['merged', [finding('host-shared')], undefined],
    // It waits for a person, or for a sync window.
    ['merged', [finding('not-deployed', 'warning')], 'not-deployed'],
    ['merged', [finding('not-deployed', 'info')], undefined],
    ['open', [finding('degraded')], undefined],
    ['deployed', [finding('degraded')], undefined],
  ])('of a promotion that is %s with %j', (state, found, is) => {
    expect(hindrance({ state }, found)?.code).toBe(is);
  });
});
