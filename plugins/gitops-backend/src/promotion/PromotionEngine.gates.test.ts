import { TestDatabaseId } from '@backstage/backend-test-utils';
import {
  GateOverride,
  GateVerdict,
  parseApplication,
  PromotionGate,
} from '@gitops-infra/backstage-plugin-gitops-common';
import {
  Killed,
  Life,
  LONG_AFTER,
  mortal,
  OPENING_STEPS,
} from '../__testUtils__/mortal';
import {
  ASKER,
  createPromotionWorld,
  LOCAL_OVERLAY,
  overlay,
  person,
  REQUEST,
  STAGE_OVERLAY,
} from '../__testUtils__/promotionWorld';
import { testDatabases } from '../__testUtils__/testDatabases';

const databases = testDatabases('SQLITE_3', 'POSTGRES_18');
const REASON = 'Customers cannot pay.';
const OVERRIDE = { gates: ['moon'], reason: REASON };
const FRIDAY = new Date('2026-11-27T17:00:00+01:00');
// Upstreams and the database go on in real time.
const setDate = (now: Date) =>
  jest.useFakeTimers({
    now,
    doNotFake: [
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
      'setTimeout',
      'clearTimeout',
    ],
  });

afterEach(() => jest.useRealTimers());

describe.each(databases.eachSupportedId())(
  'the gates of PromotionEngine on %s',
  (databaseId: TestDatabaseId) => {
    /** A world with one gate, which a test opens and shuts; the one who asks may override it. */
    const setup = async (different: Partial<PromotionGate> = {}) => {
      const world = await createPromotionWorld(
        await databases.init(databaseId),
      );
      let verdict: GateVerdict = { state: 'failed', message: 'It is full.' };
      const check = jest.fn<GateVerdict, Parameters<PromotionGate['check']>>(
        () => verdict,
      );
      const parts = {
        policy: {
          overrides: { groups: [ASKER.userEntityRef], reasonMinLength: 10 },
        },
        gates: [
          {
            id: 'moon',
            title: 'No full moon',
            overridable: true,
            atMerge: true,
            check,
            ...different,
          },
        ],
      };
      return {
        ...world,
        parts,
        check,
        engine: world.createEngine(parts),
        pass: () => {
          verdict = { state: 'passed', message: 'It is new.' };
        },
        shut: () => {
          verdict = { state: 'failed', message: 'It is full.' };
        },
      };
    };

    it('shows them before anything is done, with what it takes to override them', async () => {
      const { engine, service, github } = await setup();
      const { plan, override } = await engine.preview(
        service(),
        REQUEST,
        ASKER,
      );
      expect(plan.gates.map(({ id, state }) => `${id} ${state}`)).toEqual([
        'source-healthy unknown',
        'no-blocking-finding passed',
        'moon failed',
      ]);
      expect(override).toEqual({ reasonMinLength: 10 });
      expect(github.pulls).toEqual([]);
      await expect(
        engine.preview(service(), REQUEST, {
          ...ASKER,
          ...person('jane'),
        }),
      ).resolves.toMatchObject({ override: undefined });
    });

    it('sees what is promoted, to where, by whom', async () => {
      const { engine, promote, check } = await setup();
      await expect(promote(REQUEST, engine)).rejects.toThrow();
      expect(check.mock.calls[0][0]).toMatchObject({
        step: 'open',
        service: 'demo',
        entityRef: ASKER.entityRef,
        source: { declared: { environment: 'local' } },
        target: { declared: { environment: 'stage' } },
        changes: [{ before: { tag: '1.4.1' }, after: { tag: '1.4.2' } }],
        findings: [],
        person: person('guest'),
        now: expect.any(Date),
      });
    });

    it('opens nothing while one stops it, and keeps nothing', async () => {
      const { engine, promote, github, promotions } = await setup();
      await expect(promote(REQUEST, engine)).rejects.toMatchObject({
        name: 'ConflictError',
        message: 'No full moon: It is full. You may override it with a reason.',
      });
      expect(github.pulls).toEqual([]);
      await expect(promotions()).resolves.toEqual([]);
    });

    it('asks again when the pull request is opened, whatever was shown', async () => {
      const { engine, promote, service, pass, shut } = await setup();
      pass();
      await engine.preview(service(), REQUEST, ASKER);
      shut();
      await expect(promote(REQUEST, engine)).rejects.toThrow('It is full.');
    });

    it('opens it in spite of one that is overridden, and says so everywhere', async () => {
      const { engine, promote, github, store } = await setup();
      const { promotion, plan } = await promote(
        { ...REQUEST, override: OVERRIDE },
        engine,
      );
      const overridden = { by: ASKER.userEntityRef, reason: REASON };
      expect(promotion.gates).toMatchObject([
        { id: 'source-healthy' },
        { id: 'no-blocking-finding' },
        { id: 'moon', state: 'failed', blocks: false, overridden },
      ]);
      expect(plan.gates).toEqual(promotion.gates);
      expect(github.pulls[0].body).toContain(
        '| `No full moon` | **overridden** | `It is full.` |',
      );
      expect(github.pulls[0].body).toContain(
        `\`${ASKER.userEntityRef}\` overrode \`No full moon\`: \`${REASON}\``,
      );
      await expect(store.timeline(promotion.id)).resolves.toMatchObject([
        { event: 'requested' },
        {
          event: 'overridden',
          who: ASKER.userEntityRef,
          detail: `No full moon: ${REASON}`,
        },
        { event: 'opened' },
      ]);
    });

    it('finds the pull request that is open, and asks nothing, as nothing changes', async () => {
      const { engine, promote, pass, shut } = await setup();
      pass();
      const { promotion } = await promote(REQUEST, engine);
      shut();
      await expect(promote(REQUEST, engine)).resolves.toMatchObject({
        promotion: { id: promotion.id },
        created: false,
      });
    });

    it('asks for another change of the open one, which inherits nothing that was overridden', async () => {
      const { engine, promote, github, store } = await setup();
      await promote({ ...REQUEST, override: OVERRIDE }, engine);
      github.commit({ [LOCAL_OVERLAY]: overlay('"1.4.3"') });
      await expect(promote(REQUEST, engine)).rejects.toThrow('It is full.');
      const reason = 'It is even worse.';
      const { promotion } = await promote(
        { ...REQUEST, override: { gates: ['moon'], reason } },
        engine,
      );
      expect(promotion.gates).toContainEqual(
        expect.objectContaining({
          overridden: { by: ASKER.userEntityRef, reason },
        }),
      );
      expect(github.pulls[0].body).toContain(reason);
      expect(github.pulls[0].body).not.toContain(REASON);
      expect(
        (await store.timeline(promotion.id)).flatMap(({ event, detail }) =>
          event === 'overridden' ? [detail] : [],
        ),
      ).toEqual([`No full moon: ${REASON}`, `No full moon: ${reason}`]);
    });

    it.each(['createCommit', 'createBranch', 'openPullRequest'])(
      'does not ask again for what was let through when it was killed at %s',
      async step => {
        const world = await setup();
        const { promote, createEngine, parts, github, check, promotions } =
          world;
        const life = new Life({
          at: OPENING_STEPS.indexOf(step),
          afterEffect: false,
        });
        await expect(
          promote(
            { ...REQUEST, override: OVERRIDE },
            mortal(world, life, parts),
          ),
        ).rejects.toThrow(Killed);
        const asked = check.mock.calls.length;

        await promote(REQUEST, createEngine({ ...parts, ...LONG_AFTER }));

        expect(check).toHaveBeenCalledTimes(asked);
        expect(github.pulls).toHaveLength(1);
        expect(github.pulls[0].body).toContain(REASON);
        await expect(promotions()).resolves.toMatchObject([{ state: 'open' }]);
      },
    );

    it('is asked again at the merge, where it says so', async () => {
      const { engine, promote, pass, shut, github } = await setup();
      pass();
      const { promotion } = await promote(REQUEST, engine);
      shut();
      await expect(
        engine.merge(promotion, promotion.headCommit!, person('jane')),
      ).rejects.toMatchObject({
        name: 'ConflictError',
        message: 'No full moon: It is full.',
      });
      expect(github.pulls[0].state).toBe('open');
      await expect(
        engine.mergeGates(promotion, person('guest')),
      ).resolves.toMatchObject({
        gates: [{ id: 'no-blocking-finding' }, { id: 'moon', blocks: true }],
        override: { reasonMinLength: 10 },
      });
    });

    it('is overridden at the merge with a reason of its own, which is kept', async () => {
      const { engine, promote, pass, shut, store } = await setup();
      pass();
      const { promotion } = await promote(REQUEST, engine);
      shut();
      const merged = await engine.merge(
        promotion,
        promotion.headCommit!,
        person('guest'),
        { override: OVERRIDE },
      );
      expect(merged).toMatchObject({ state: 'merged' });
      expect(merged.gates?.map(({ id }) => id)).toEqual(
        promotion.gates?.map(({ id }) => id),
      );
      const overridden = { by: 'user:default/guest', reason: REASON };
      expect(merged.gates).toContainEqual(
        expect.objectContaining({ id: 'moon', overridden }),
      );
      expect(
        (await store.timeline(promotion.id)).map(({ event }) => event),
      ).toEqual(['requested', 'opened', 'overridden', 'merged']);
    });

    it('is not asked for a reason again at the merge of what was overridden', async () => {
      const { engine, promote, store } = await setup();
      const { promotion } = await promote(
        { ...REQUEST, override: OVERRIDE },
        engine,
      );
      await expect(
        engine.mergeGates(promotion, person('jane')),
      ).resolves.toMatchObject({
        gates: [{ id: 'no-blocking-finding' }, { id: 'moon', blocks: false }],
      });
      const merged = await engine.merge(
        promotion,
        promotion.headCommit!,
        person('jane'),
      );
      expect(merged.gates).toEqual(promotion.gates);
      expect(
        (await store.timeline(promotion.id)).map(({ event }) => event),
      ).toEqual(['requested', 'overridden', 'opened', 'merged']);
    });

    it('needs a reason again in the next freeze, of whoever may override', async () => {
      const { createEngine, promote, store, parts } = await setup();
      const freezes = createEngine({
        policy: {
          ...parts.policy,
          freezeWindows: [
            {
              name: 'Friday',
              timeZone: 'Europe/Berlin',
              weekly: [{ days: ['friday'], from: '16:00', to: '24:00' }],
              dates: [],
              appliesToRollbacks: false,
            },
          ],
        },
      });
      const gates = ['freeze-windows'];
      setDate(FRIDAY);
      const { promotion } = await promote(
        { ...REQUEST, override: { gates, reason: REASON } },
        freezes,
      );
      const merge = async (by: string, override?: GateOverride) =>
        freezes.merge(
          (await store.get(promotion.id))!,
          promotion.headCommit!,
          person(by),
          { override },
        );
      setDate(new Date('2026-12-04T17:00:00+01:00'));
      await expect(merge('jane')).rejects.toThrow(
        'Friday until 2026-12-05 00:00 (Europe/Berlin)',
      );
      const reason = 'They still cannot.';
      await expect(merge('guest', { gates, reason })).resolves.toMatchObject({
        state: 'merged',
        gates: expect.arrayContaining([
          expect.objectContaining({
            id: 'freeze-windows',
            overridden: { by: 'user:default/guest', reason },
          }),
        ]),
      });
    });

    it('asks for no second reason in the freeze that was overridden, whoever merges', async () => {
      const { createEngine, promote, parts } = await setup();
      const freezes = createEngine({
        policy: {
          ...parts.policy,
          freezeWindows: [
            {
              name: 'Weekend',
              timeZone: 'Europe/Berlin',
              weekly: [
                { days: ['friday'], from: '16:00', to: '24:00' },
                { days: ['saturday', 'sunday'], from: '00:00', to: '24:00' },
              ],
              dates: [],
              appliesToRollbacks: false,
            },
          ],
        },
      });
      setDate(FRIDAY);
      const { promotion } = await promote(
        {
          ...REQUEST,
          override: { gates: ['freeze-windows'], reason: REASON },
        },
        freezes,
      );
      setDate(new Date('2026-11-29T17:00:00+01:00'));
      await expect(
        freezes.merge(promotion, promotion.headCommit!, person('jane')),
      ).resolves.toMatchObject({ state: 'merged' });
    });

    it('is overridden at the merge for another cause, which is credited to who does', async () => {
      const { createEngine, promote, check, parts, store } = await setup();
      const engine = createEngine({
        ...parts,
        policy: {
          overrides: {
            groups: [ASKER.userEntityRef, 'user:default/bob'],
            reasonMinLength: 10,
          },
        },
      });
      const { promotion } = await promote(
        { ...REQUEST, override: OVERRIDE },
        engine,
      );
      check.mockReturnValue({ state: 'failed', message: 'It is eclipsed.' });
      const merge = (by: string, override?: GateOverride) =>
        engine.merge(promotion, promotion.headCommit!, person(by), {
          override,
        });
      await expect(merge('jane')).rejects.toThrow('It is eclipsed.');
      const reason = 'It is bright enough.';
      const merged = await merge('bob', { gates: ['moon'], reason });
      expect(merged.gates).toContainEqual(
        expect.objectContaining({
          id: 'moon',
          message: 'It is eclipsed.',
          overridden: { by: 'user:default/bob', reason },
        }),
      );
      expect(
        (await store.timeline(promotion.id)).flatMap(({ event, who, detail }) =>
          event === 'overridden' ? [`${who}: ${detail}`] : [],
        ),
      ).toEqual([
        `${ASKER.userEntityRef}: No full moon: ${REASON}`,
        `user:default/bob: No full moon: ${reason}`,
      ]);
    });

    it('keeps the reason and the person when a webhook tells of the merge first', async () => {
      const { engine, createEngine, promote, pass, shut, github, store } =
        await setup();
      pass();
      const { promotion } = await promote(REQUEST, engine);
      shut();
      const merge = github.merge.bind(github);
      jest.spyOn(github, 'merge').mockImplementation(async (...asked) => {
        const sha = await merge(...asked);
        await createEngine().reconcile();
        return sha;
      });
      await engine.merge(promotion, promotion.headCommit!, person('guest'), {
        override: OVERRIDE,
      });
      await expect(store.get(promotion.id)).resolves.toMatchObject({
        state: 'merged',
        mergedBy: 'user:default/guest',
        gates: expect.arrayContaining([
          expect.objectContaining({
            id: 'moon',
            overridden: { by: 'user:default/guest', reason: REASON },
          }),
        ]),
      });
      await expect(store.timeline(promotion.id)).resolves.toContainEqual(
        expect.objectContaining({
          event: 'overridden',
          detail: `No full moon: ${REASON}`,
        }),
      );
    });

    it('tells going back from going forward again by the name of a rollback', async () => {
      const { engine, promote, pass, github, source, check } = await setup();
      pass();
      const before = source.ref()!.head;
      const { promotion } = await promote(REQUEST, engine);
      await engine.merge(promotion, promotion.headCommit!, person('guest'));
      await source.refresh();
      const back = await promote({ rollbackTo: before, to: 'stage' }, engine);
      expect(check.mock.lastCall?.[0]).toMatchObject({ rollback: true });
      await engine.merge(
        back.promotion,
        back.promotion.headCommit!,
        person('guest'),
      );
      expect(check.mock.lastCall?.[0]).toMatchObject({
        step: 'merge',
        rollback: true,
      });
      await source.refresh();

      await promote({ rollbackTo: promotion.headCommit, to: 'stage' }, engine);
      expect(check.mock.lastCall?.[0]).toMatchObject({ rollback: false });
      expect(github.pulls).toHaveLength(3);
    });

    it('takes for going forward what was taken back by deploying the older version', async () => {
      const { engine, promote, pass, source, check } = await setup();
      pass();
      const merge = async ({
        promotion,
      }: Awaited<ReturnType<typeof promote>>) => {
        await engine.merge(promotion, promotion.headCommit!, person('guest'));
        await source.refresh();
        return promotion.headCommit!;
      };
      const newer = await merge(await promote(REQUEST, engine));
      await merge(await promote({ version: '1.4.1', to: 'stage' }, engine));
      const forward = await promote({ rollbackTo: newer, to: 'stage' }, engine);
      expect(check.mock.lastCall?.[0]).toMatchObject({
        step: 'open',
        rollback: false,
      });
      expect(forward.plan.findings).toMatchObject([{ code: 'rolled-back' }]);
      await merge(forward);
      expect(check.mock.lastCall?.[0]).toMatchObject({
        step: 'merge',
        rollback: false,
      });
    });

    it('takes it for a rollback to go further back after one', async () => {
      const { engine, promote, pass, source, check, github } = await setup();
      pass();
      const oldest = source.ref()!.head;
      const merge = async ({
        promotion,
      }: Awaited<ReturnType<typeof promote>>) => {
        await engine.merge(promotion, promotion.headCommit!, person('guest'));
        await source.refresh();
        return promotion.headCommit!;
      };
      const older = await merge(await promote(REQUEST, engine));
      github.commit({ [LOCAL_OVERLAY]: overlay('"1.4.3"') });
      await merge(await promote(REQUEST, engine));
      for (const rollbackTo of [older, oldest]) {
        await merge(await promote({ rollbackTo, to: 'stage' }, engine));
        expect(check.mock.lastCall?.[0]).toMatchObject({ rollback: true });
      }
    });

    describe('of the policy, with what came since the opening', () => {
      const local = (health: string, ...tags: string[]) => [
        parseApplication('main', {
          metadata: { name: 'demo-local', namespace: 'argocd' },
          spec: { source: { path: 'apps/demo/overlays/local' } },
          status: {
            sync: { status: 'Synced' },
            health: { status: health },
            summary: { images: tags.map(tag => `localhost:5001/demo:${tag}`) },
          },
        })!,
      ];
      const strict = async () => {
        const world = await createPromotionWorld(
          await databases.init(databaseId),
        );
        const engine = world.createEngine({
          policy: {
            requireHealthySource: true,
            overrides: { groups: [ASKER.userEntityRef], reasonMinLength: 10 },
          },
          podImages: async ({ images }) => ({
            running: images,
            ended: [],
            onlyCronJobs: false,
          }),
        });
        await world.argocd.replaceAll(local('Healthy', '1.4.2'));
        const merge = async (
          { promotion }: Awaited<ReturnType<typeof world.promote>>,
          override?: GateOverride,
        ) => {
          const merged = await engine.merge(
            promotion,
            promotion.headCommit!,
            override ? person('guest') : person('jane'),
            { override },
          );
          await world.source.refresh();
          return merged;
        };
        return { ...world, engine, merge };
      };
      const override = { gates: ['source-healthy'], reason: REASON };

      it('does not merge a version that its source does not do well with by now', async () => {
        const { argocd, engine, merge, promote, store } = await strict();
        const opened = await promote(REQUEST, engine);
        await argocd.replaceAll(local('Degraded', '1.4.2'));
        await expect(merge(opened)).rejects.toThrow('local is Degraded');
        await expect(merge(opened, override)).resolves.toMatchObject({
          state: 'merged',
        });
        await expect(
          store.timeline(opened.promotion.id),
        ).resolves.toContainEqual(
          expect.objectContaining({ event: 'overridden' }),
        );
      });

      it('does not merge a version that its source was taken back from', async () => {
        const { argocd, engine, merge, promote } = await strict();
        const opened = await promote(REQUEST, engine);
        await argocd.replaceAll(local('Healthy', '1.4.1'));
        await expect(merge(opened)).rejects.toThrow('local runs 1.4.1 of demo');
        await argocd.replaceAll(local('Healthy', '1.4.2'));
        await expect(merge(opened)).resolves.toMatchObject({ state: 'merged' });
      });

      it('merges a rollback whatever the source is like', async () => {
        const { argocd, engine, merge, promote, source } = await strict();
        const rollbackTo = source.ref()!.head;
        await merge(await promote(REQUEST, engine));
        await argocd.replaceAll(local('Degraded', '1.4.2'));
        const back = await promote({ rollbackTo, to: 'stage' }, engine);
        await expect(merge(back)).resolves.toMatchObject({ state: 'merged' });
      });

      it('needs no second reason for a named version that the source never ran', async () => {
        const { argocd, engine, merge, promote } = await strict();
        const hotfix = { version: '9.9.9', to: 'stage' };
        await expect(promote(hotfix, engine)).rejects.toThrow('not 9.9.9');
        const opened = await promote({ ...hotfix, override }, engine);
        await argocd.replaceAll(local('Degraded', '1.4.2'));
        await expect(merge(opened)).rejects.toThrow('local is Degraded');
        await argocd.replaceAll(local('Healthy', '1.4.2'));
        await expect(merge(opened)).resolves.toMatchObject({ state: 'merged' });
      });

      it('merges nothing while a finding of the target blocks', async () => {
        const { engine, merge, promote, github, source } = await strict();
        const opened = await promote(REQUEST, engine);
        github.commit({ [STAGE_OVERLAY]: overlay('1.10') });
        await source.refresh();
        await expect(merge(opened)).rejects.toThrow(
          'Overlays are sound: tag-not-string: ',
        );
      });
    });

    it('is not asked at the merge where it does not say so', async () => {
      const { engine, promote, pass, shut } = await setup({ atMerge: false });
      pass();
      const { promotion } = await promote(REQUEST, engine);
      shut();
      await expect(
        engine.merge(promotion, promotion.headCommit!, person('jane')),
      ).resolves.toMatchObject({ state: 'merged' });
    });

    it('keeps an environment for those that it is for, at the opening and at the merge', async () => {
      const { createEngine, engine, promote, pass } = await setup();
      pass();
      const { promotion } = await promote(REQUEST, engine);
      const strict = createEngine({
        policy: {
          allowedGroups: new Map([
            ['stage', ['user:default/jane']],
            ['prod', ['user:default/jane']],
          ]),
        },
      });
      await expect(
        strict.merge(promotion, promotion.headCommit!, person('guest')),
      ).rejects.toMatchObject({ name: 'NotAllowedError' });
      await strict.merge(promotion, promotion.headCommit!, person('jane'));
      await expect(
        promote({ from: 'stage', to: 'prod' }, strict),
      ).rejects.toMatchObject({
        name: 'NotAllowedError',
        message: expect.stringContaining('prod is for user:default/jane only'),
      });
    });
  },
);
