import { mockServices } from '@backstage/backend-test-utils';
import {
  GateContext,
  NO_POLICY,
  PromotionGate,
  PromotionPolicy,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { PromotionGates } from './PromotionGates';

const GUEST = 'user:default/guest';
const REASON = 'Customers cannot pay.';

const context = (different: Partial<GateContext> = {}) =>
  ({
    step: 'open',
    service: 'demo',
    entityRef: 'component:default/demo',
    rollback: false,
    target: { declared: { environment: 'stage' } },
    changes: [],
    findings: [],
    person: { userEntityRef: GUEST, ownershipEntityRefs: [GUEST] },
    now: new Date('2026-03-02T12:00:00Z'),
    ...different,
  } as GateContext);

const gate = (different: Partial<PromotionGate> = {}): PromotionGate => ({
  id: 'odd',
  title: 'Oddness',
  check: () => ({ state: 'failed', message: 'It is even.' }),
  ...different,
});

function gatesWith(
  added: PromotionGate[],
  policy: Partial<PromotionPolicy> = {},
) {
  const logger = mockServices.logger.mock();
  const gates = new PromotionGates({
    policy: { ...NO_POLICY, ...policy },
    added,
    logger,
    limitMs: 20,
  });
  return { gates, logger };
}

const OVERRIDES = { overrides: { groups: [GUEST], reasonMinLength: 10 } };

describe('PromotionGates', () => {
  it('asks its own gates, then those that were added', async () => {
    const { gates } = gatesWith([gate()]);
    await expect(gates.check(context())).resolves.toEqual([
      {
        id: 'no-blocking-finding',
        title: 'Overlays are sound',
        state: 'passed',
        message: 'No finding blocks.',
        blocks: false,
        overridable: false,
      },
      {
        id: 'odd',
        title: 'Oddness',
        state: 'failed',
        message: 'It is even.',
        blocks: true,
        overridable: false,
      },
    ]);
  });

  it('leaves out a gate that has nothing to say', async () => {
    const { gates } = gatesWith([gate({ check: () => undefined })]);
    await expect(gates.check(context())).resolves.toHaveLength(1);
  });

  it.each<[what: string, check: PromotionGate['check']]>([
    [
      'throws',
      () => {
        throw new Error('https://user:secret@host.test');
      },
    ],
    ['rejects', async () => Promise.reject(new Error('secret'))],
    ['hangs', () => new Promise(() => {})],
    ['answers without a message', () => ({ state: 'passed' } as never)],
    ['answers what is no state', () => ({ state: 'ok', message: '' } as never)],
  ])(
    'does not know of a gate that %s, and stops only where it is required',
    async (_, check) => {
      for (const required of [false, true]) {
        const { gates, logger } = gatesWith([gate({ check, required })]);
        const [, odd] = await gates.check(context());
        expect(odd).toMatchObject({ state: 'unknown', blocks: required });
        expect(JSON.stringify(odd)).not.toContain('secret');
        expect(logger.warn).toHaveBeenCalledWith(
          'Gate odd could not be checked',
          expect.any(Error),
        );
      }
    },
  );

  it('tells a gate that nobody waits any longer', async () => {
    let aborted = false;
    const { gates } = gatesWith([
      gate({
        check: (_, signal) =>
          new Promise(() =>
            signal.addEventListener('abort', () => (aborted = true)),
          ),
      }),
    ]);
    await gates.check(context());
    expect(aborted).toBe(true);
  });

  it('asks at the merge only what is asked there', async () => {
    const { gates } = gatesWith([gate(), gate({ id: 'even', atMerge: true })]);
    await expect(
      gates.check(context({ step: 'merge' })),
    ).resolves.toMatchObject([{ id: 'no-blocking-finding' }, { id: 'even' }]);
  });

  it('stops a promotion with what the gate says', async () => {
    const { gates } = gatesWith([gate()], OVERRIDES);
    await expect(gates.pass(context(), undefined)).rejects.toMatchObject({
      name: 'ConflictError',
      message: 'Oddness: It is even.',
    });
  });

  it('stops somebody who is not allowed as such', async () => {
    const { gates } = gatesWith([], {
      allowedGroups: new Map([['stage', ['group:default/release']]]),
    });
    await expect(gates.pass(context(), undefined)).rejects.toMatchObject({
      name: 'NotAllowedError',
      message: expect.stringContaining('for group:default/release only'),
    });
  });

  it('lets through what was overridden, by whom and why', async () => {
    const { gates } = gatesWith([gate({ overridable: true })], OVERRIDES);
    const override = { gates: ['odd'], reason: REASON };
    await expect(gates.pass(context(), override)).resolves.toMatchObject({
      gates: [
        { id: 'no-blocking-finding' },
        { id: 'odd', blocks: false, overridden: { by: GUEST, reason: REASON } },
      ],
      overrides: [{ id: 'odd' }],
    });
    const stranger = {
      userEntityRef: 'user:default/jane',
      ownershipEntityRefs: [],
    };
    await expect(
      gates.pass(context({ person: stranger }), override),
    ).rejects.toThrow('You may not override it');
  });

  it('lets through at the merge what was overridden before, whoever merges', async () => {
    const { gates } = gatesWith([gate({ overridable: true, atMerge: true })]);
    const overridden = { by: 'user:default/jane', reason: REASON };
    const [sound, odd] = await gates.check(context({ step: 'merge' }));
    const earlier = [sound, { ...odd, blocks: false, overridden }];
    await expect(
      gates.check(context({ step: 'merge' }), earlier),
    ).resolves.toEqual(earlier);
    await expect(
      gates.pass(context({ step: 'merge' }), undefined, earlier),
    ).resolves.toEqual({ gates: earlier, overrides: [] });
    await expect(
      gates.pass(context({ step: 'merge' }), undefined, [odd]),
    ).rejects.toThrow('It is even.');
  });

  it('says who may override', () => {
    const { gates } = gatesWith([], OVERRIDES);
    expect(gates.overrideRight(context().person)).toEqual({
      reasonMinLength: 10,
    });
  });
});
