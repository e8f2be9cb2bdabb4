import type { GateResult } from '../../api/types';
import { decideGates } from './decideGates';
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

const overridden = (
  different: Partial<GateResult> = {},
  by = { by: BY, reason: REASON },
) => gate({ blocks: false, overridden: by, ...different });

describe('decideGates', () => {
  it.each<
    [
      what: string,
      gate: Partial<GateResult>,
      asked: Omit<Parameters<typeof decideGates>[1], 'by'>,
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
    expect(decideGates([gate(different)], { ...asked, by: BY })).toEqual({
      stoppedBy: gate(different),
      why,
    });
  });

  it('goes on with what was overridden, by whom and why', () => {
    expect(
      decideGates([gate()], {
        right,
        override: override(` ${REASON} `),
        by: BY,
      }),
    ).toEqual({ gates: [overridden()], overrides: [overridden()] });
  });

  it('overrides nothing that does not stop it', () => {
    const gates = [
      gate({ state: 'passed', blocks: false }),
      gate({ id: 'source-healthy', state: 'unknown', blocks: false }),
    ];
    expect(
      decideGates(gates, {
        right,
        override: override('', 'freeze-windows', 'source-healthy'),
        by: BY,
      }),
    ).toEqual({ gates, overrides: [] });
  });

  it('goes on only where all that stop it are overridden', () => {
    const second = gate({ id: 'runbook', title: 'Runbook' });
    expect(
      decideGates([gate(), second], { right, override: override(), by: BY }),
    ).toMatchObject({ stoppedBy: second });
  });

  describe('at a later step', () => {
    const ALICE = { by: 'user:default/alice', reason: 'Alice has one.' };
    const byAlice = overridden({}, ALICE);
    const asked = { right, by: BY, earlier: [byAlice] };

    it('asks for no reason again while the gate says the same', () => {
      expect(decideGates([gate()], { by: BY, earlier: [byAlice] })).toEqual({
        gates: [byAlice],
        overrides: [],
      });
    });

    it.each<[what: string, now: Partial<GateResult>]>([
      ['something else', { message: 'stage is frozen again.' }],
      ['it in another state', { state: 'unknown' }],
    ])('asks for a reason where the gate says %s', (_, now) => {
      expect(decideGates([gate(now)], asked)).toMatchObject({
        stoppedBy: gate(now),
      });
      const byBob = overridden(now);
      expect(
        decideGates([gate(now)], { ...asked, override: override() }),
      ).toEqual({ gates: [byBob], overrides: [byBob] });
    });

    it('keeps the override of a gate that passes by now, or is not asked any more', () => {
      const passed = gate({ state: 'passed', blocks: false });
      for (const results of [[passed], []]) {
        expect(decideGates(results, asked)).toEqual({
          gates: [byAlice],
          overrides: [],
        });
      }
    });

    it('keeps what each gate said last, in the order in which they were first asked', () => {
      const first = gate({ id: 'moon', state: 'unknown', blocks: false });
      const last = { ...first, state: 'passed' as const };
      const news = { ...last, id: 'sun' };
      expect(
        decideGates([news, last], {
          by: BY,
          earlier: [byAlice, first],
        }),
      ).toEqual({ gates: [byAlice, last, news], overrides: [] });
    });

    it('does not let through what nobody may override any more', () => {
      const fixed = gate({ overridable: false });
      expect(decideGates([fixed], asked)).toMatchObject({ stoppedBy: fixed });
    });
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
