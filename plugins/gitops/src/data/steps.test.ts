import {
  environment,
  change,
  promotion,
  stageBehind,
  TAG_MISSING,
  TAG_NOT_STRING,
  upToDate,
} from '../__testUtils__/responses';
import {
  anyPromotionUnderWay,
  placeEnvironments,
  stepView,
  withPromotion,
} from './steps';

const ALL = { promote: true, merge: true, sync: true };
const NONE = { promote: false, merge: false, sync: false };
const step = { from: 'local', to: 'stage', changes: [], blockedBy: [] };
const changes = [change('1', '2')];

describe('stepView', () => {
  it.each([
    ['nothing is promoted from', {}, ALL, undefined],
    ['nothing differs', { step }, ALL, { kind: 'upToDate' }],
    [
      'something differs',
      { step: { ...step, changes } },
      ALL,
      { kind: 'ready', changes, mayPromote: true },
    ],
    [
      'something differs, without the right',
      { step: { ...step, changes } },
      NONE,
      { kind: 'ready', changes, mayPromote: false },
    ],
    [
      'something blocks, even when nothing differs',
      { step: { ...step, blockedBy: [TAG_NOT_STRING] } },
      ALL,
      {
        kind: 'blocked',
        findings: [TAG_NOT_STRING],
        changes: [],
        mayReview: false,
      },
    ],
    [
      'only what somebody may override blocks',
      { step: { ...step, changes, blockedBy: [TAG_MISSING] } },
      ALL,
      { kind: 'blocked', findings: [TAG_MISSING], changes, mayReview: true },
    ],
    [
      'it blocks, and the person may not promote',
      { step: { ...step, changes, blockedBy: [TAG_MISSING] } },
      NONE,
      { kind: 'blocked', findings: [TAG_MISSING], changes, mayReview: false },
    ],
    [
      'it blocks beside what nobody may override',
      { step: { ...step, changes, blockedBy: [TAG_MISSING, TAG_NOT_STRING] } },
      ALL,
      {
        kind: 'blocked',
        findings: [TAG_MISSING, TAG_NOT_STRING],
        changes,
        mayReview: false,
      },
    ],
    [
      'a promotion is open',
      {
        step: { ...step, changes: [change('1.4.1', '1.4.2')] },
        promotion: promotion(),
      },
      ALL,
      { kind: 'underWay', promotion: promotion() },
    ],
    [
      'a promotion is merged',
      { step, promotion: promotion({ state: 'merged' as const }) },
      ALL,
      {
        kind: 'underWay',
        promotion: promotion({ state: 'merged' }),
      },
    ],
    [
      'a promotion is merged, and the overlay was not read since',
      {
        step: { ...step, changes: [change('1.4.1', '1.4.2')] },
        promotion: promotion({ state: 'merged' as const }),
      },
      ALL,
      {
        kind: 'underWay',
        promotion: promotion({ state: 'merged' }),
      },
    ],
    [
      'a promotion is merged, and there is a newer version already',
      {
        step: { ...step, changes: [change('1.4.2', '1.4.3')] },
        promotion: promotion({ state: 'merged' as const }),
      },
      ALL,
      {
        kind: 'underWay',
        promotion: promotion({ state: 'merged' }),
        next: {
          kind: 'ready',
          changes: [change('1.4.2', '1.4.3')],
          mayPromote: true,
        },
      },
    ],
    [
      'a promotion is open, and there is a newer version already',
      {
        step: { ...step, changes: [change('1.4.1', '1.4.3')] },
        promotion: promotion(),
      },
      ALL,
      {
        kind: 'underWay',
        promotion: promotion(),
        next: {
          kind: 'ready',
          changes: [change('1.4.1', '1.4.3')],
          mayPromote: true,
          updates: 42,
        },
      },
    ],
    [
      'a promotion is open, and there is a newer version already, without the right',
      {
        step: { ...step, changes: [change('1.4.1', '1.4.3')] },
        promotion: promotion(),
      },
      NONE,
      { kind: 'underWay', promotion: promotion() },
    ],
    [
      'a promotion of some pins is open, and the others differ',
      {
        step: {
          ...step,
          changes: [
            change('1.4.1', '1.4.2'),
            { ...change('1', '2'), name: 'worker' },
          ],
        },
        promotion: promotion(),
      },
      ALL,
      { kind: 'underWay', promotion: promotion() },
    ],
    [
      'a version that somebody named is open, and the source has another',
      {
        step: { ...step, changes: [change('1.4.1', '1.4.3')] },
        promotion: promotion({ from: undefined, version: '1.4.2' }),
      },
      ALL,
      {
        kind: 'underWay',
        promotion: promotion({ from: undefined, version: '1.4.2' }),
      },
    ],
    [
      'a promotion has ended',
      {
        step: { ...step, changes },
        promotion: promotion({ state: 'closed' as const }),
      },
      ALL,
      { kind: 'ready', changes, mayPromote: true },
    ],
  ])('%s', (_, target, rights, expected) => {
    expect(stepView({ findings: [], ...target }, rights)).toEqual(expected);
  });
});

describe('placeEnvironments', () => {
  it('orders by promotion order and joins neighbours only', () => {
    const places = placeEnvironments([
      environment('eu', '1', { order: 2, promotesFrom: 'local' }),
      environment('stage', '1', { order: 1, promotesFrom: 'local' }),
      environment('local', '1', { order: 0 }),
    ]);

    expect(
      places.map(place => [place.environment.name, place.from, place.joined]),
    ).toEqual([
      ['local', undefined, false],
      ['stage', 'local', true],
      ['eu', 'local', false],
    ]);
  });
});

describe('withPromotion', () => {
  it('puts the promotion into its target only', () => {
    const after = withPromotion(stageBehind(), promotion());

    expect(after.environments.map(({ promotion: found }) => found?.id)).toEqual(
      [undefined, 'b9d1'],
    );
  });
});

describe('anyPromotionUnderWay', () => {
  it.each([
    ['none', upToDate(), false],
    ['one is open', stageBehind({ promotion: promotion() }), true],
    [
      'one has ended',
      stageBehind({ promotion: promotion({ state: 'deployed' }) }),
      false,
    ],
  ])('%s', (_, response, expected) => {
    expect(anyPromotionUnderWay(response)).toBe(expected);
  });
});
