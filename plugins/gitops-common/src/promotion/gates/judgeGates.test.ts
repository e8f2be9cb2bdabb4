import type { GateResult } from '../../api/types';
import { judgeGates } from './judgeGates';
import { NO_POLICY, overrideRight } from './policy';

const BY = 'user:default/guest';
const REASON = 'Customers cannot pay.';
const right = { reasonMinLength: 10 };
const gate = (different: Partial<GateResult> = {}): GateResult => ({
  id: 'freeze-windows',
  title: 'No freeze window',
  state: 'failed',
  message: 'stage is frozen.',
  blocks: true,
  overridable: true,
  ...different,
});
const override = (reason = REASON, ...gates: string[]) => ({
  gates: gates.length ? gates : ['freeze-windows'],
  reason,
});

describe('judgeGates', () => {
  it.each<
    [
      what: string,
      gate: Partial<GateResult>,
      asked: Omit<Parameters<typeof judgeGates>[1], 'by'>,
      why: string,
    ]
  >([
    ['nothing is overridden', {}, {}, 'No freeze window: stage is frozen.'],
    [
      'it could be',
      {},
      { right },
      'No freeze window: stage is frozen. You may override it with a reason.',
    ],
    [
      'another one is',
      {},
      { right, override: override(REASON, 'source-healthy') },
      'No freeze window: stage is frozen. You may override it with a reason.',
    ],
    [
      'the person may not',
      {},
      { override: override() },
      'No freeze window: stage is frozen. You may not override it; gitops.promotions.policy.overrides says who may.',
    ],
    [
      'nobody may',
      { overridable: false },
      { right, override: override() },
      'No freeze window: stage is frozen. Nobody may override it.',
    ],
    [
      'the reason is too short',
      {},
      { right, override: override('  because  ') },
      'No freeze window: stage is frozen. To override it give a reason of at least 10 characters.',
    ],
  ])('stops where %s', (_, different, asked, why) => {
    expect(judgeGates([gate(different)], { ...asked, by: BY })).toEqual({
      stoppedBy: gate(different),
      why,
    });
  });

  it('goes on with what was overridden, by whom and why', () => {
    expect(
      judgeGates([gate()], {
        right,
        override: override(` ${REASON} `),
        by: BY,
      }),
    ).toEqual({
      gates: [gate({ blocks: false, overridden: { by: BY, reason: REASON } })],
    });
  });

  it('overrides nothing that does not stop it', () => {
    const gates = [
      gate({ state: 'passed', blocks: false }),
      gate({ id: 'source-healthy', state: 'unknown', blocks: false }),
    ];
    expect(
      judgeGates(gates, {
        right,
        override: override('', 'freeze-windows', 'source-healthy'),
        by: BY,
      }),
    ).toEqual({ gates });
  });

  it('goes on only where all that stop it are overridden', () => {
    const second = gate({ id: 'runbook', title: 'Runbook' });
    expect(
      judgeGates([gate(), second], { right, override: override(), by: BY }),
    ).toMatchObject({ stoppedBy: second });
  });
});

describe('overrideRight', () => {
  const person = {
    userEntityRef: BY,
    ownershipEntityRefs: ['group:default/a'],
  };
  it.each([
    [undefined, undefined],
    [{ groups: ['group:default/b'], reasonMinLength: 5 }, undefined],
    [
      { groups: ['group:default/a'], reasonMinLength: 5 },
      { reasonMinLength: 5 },
    ],
    [{ groups: [BY], reasonMinLength: 5 }, { reasonMinLength: 5 }],
  ])('of the policy %j is %j', (overrides, expected) => {
    expect(overrideRight({ ...NO_POLICY, overrides }, person)).toEqual(
      expected,
    );
  });
});
