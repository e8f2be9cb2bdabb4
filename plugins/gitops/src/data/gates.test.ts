import type { GateResult } from '@gitops-infra/backstage-plugin-gitops-common';
import { gateLook, mayOverride, gatesOutcome } from './gates';

const gate = (different: Partial<GateResult> = {}): GateResult => ({
  id: 'freeze-windows',
  title: 'No freeze window',
  state: 'failed',
  message: 'stage is frozen.',
  blocks: true,
  overridable: true,
  ...different,
});
const RIGHT = { reasonMinLength: 5 };
const OFF = { isOn: false, reason: 'because' };
const fixed = gate({ id: 'allowed-groups', overridable: false });
const warning = gate({ state: 'warning', blocks: false });

describe('gatesOutcome', () => {
  it.each<
    [what: string, args: Parameters<typeof gatesOutcome>, outcome: object]
  >([
    ['no gate', [[], undefined, OFF], { kind: 'passed' }],
    ['a warning', [[warning], RIGHT, OFF], { kind: 'passed' }],
    [
      'one that the person may not override',
      [[gate()], undefined, { isOn: true, reason: 'because' }],
      { kind: 'blocked', gates: [gate()] },
    ],
    [
      'one of two that nobody overrides',
      [[gate(), fixed], RIGHT, { isOn: true, reason: 'because' }],
      { kind: 'blocked', gates: [gate(), fixed] },
    ],
    [
      'one that could be overridden',
      [[warning, gate()], RIGHT, OFF],
      { kind: 'overridable', gates: [gate()], reasonMinLength: 5 },
    ],
    [
      'one whose reason is too short',
      [[gate()], RIGHT, { isOn: true, reason: '  abcd  ' }],
      { kind: 'overridable' },
    ],
    [
      'one that is overridden',
      [[warning, gate()], RIGHT, { isOn: true, reason: ' because ' }],
      {
        kind: 'passed',
        override: { gates: ['freeze-windows'], reason: 'because' },
      },
    ],
  ])('of %s', (_, args, outcome) => {
    expect(gatesOutcome(...args)).toMatchObject(outcome);
  });
});

describe('mayOverride', () => {
  it.each([
    [[gate()], RIGHT, true],
    [[gate()], undefined, false],
    [[fixed], RIGHT, false],
    [[warning], RIGHT, false],
  ])('%#', (gates, right, expected) => {
    expect(mayOverride(gates, right)).toBe(expected);
  });
});

describe('gateLook', () => {
  it('is that it was overridden, else its state', () => {
    expect(gateLook(gate())).toBe('failed');
    expect(
      gateLook(gate({ overridden: { by: 'user:default/a', reason: 'b' } })),
    ).toBe('overridden');
  });
});
