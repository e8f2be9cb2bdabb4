import { InputError } from '@backstage/errors';
import {
  Killed,
  Life,
  LONG_AFTER,
  mortal,
  OPENING_STEPS,
} from '../__testUtils__/mortal';
import {
  application,
  ASKER,
  createPromotionWorld,
  LOCAL_OVERLAY,
  overlay,
  overlayOf,
  person,
  REQUEST,
  STAGE_OVERLAY,
} from '../__testUtils__/promotionWorld';
import { testDatabases } from '../__testUtils__/testDatabases';

const databases = testDatabases('SQLITE_3');
const OTHER = 'apps/other/overlays/prod/kustomization.yaml';

describe('An open pull request, when the deployed branch moves', () => {
  const setup = async () => {
    const world = await createPromotionWorld(await databases.init('SQLITE_3'));
    const { github, source, engine, store } = world;
    const { id } = (await world.promote()).promotion;
    await engine.reconcile();
    const promotion = (await store.get(id))!;
    return {
      ...world,
      promotion,
      /** Somebody commits, the head is read, and promotions are looked at. */
      move: async (files: Record<string, string>, by = engine) => {
        const head = github.commit(files);
        await source.refresh();
        await by.reconcile();
        return head;
      },
      look: async () => ({
        row: (await store.get(promotion.id))!,
        timeline: await store.timeline(promotion.id),
        pull: github.pulls[0],
      }),
    };
  };

  it('is made again where the overlay changed: the planned pins on what is there now, and nothing else', async () => {
    const { github, promotion, move, look, changed } = await setup();
    changed.splice(0);
    const head = await move({
      [STAGE_OVERLAY]: `# new\n${overlay('"1.4.0"')}`,
    });
    const { row, timeline, pull } = await look();
    expect(row).toMatchObject({
      state: 'open',
      title: 'promote(demo): local → stage, 1.4.0 → 1.4.2',
      changes: [{ before: { tag: '1.4.0' }, after: { tag: '1.4.2' } }],
      baseCommit: head,
      requestedBy: promotion.requestedBy,
      error: undefined,
    });
    expect(github.file(promotion.branch, STAGE_OVERLAY)).toBe(
      `# new\n${overlay('"1.4.2"')}`,
    );
    expect(github.parents(row.headCommit!)).toEqual([
      promotion.headCommit,
      head,
    ]);
    expect(pull).toMatchObject({
      title: row.title,
      headCommit: row.headCommit,
    });
    expect(pull.body).toContain('| `1.4.0` | `1.4.2` |');
    expect(timeline.slice(-1)).toEqual([
      {
        at: expect.any(String),
        event: 'rebuilt',
        detail: `${STAGE_OVERLAY} changed on main`,
      },
    ]);
    expect(changed).toContain('demo');
  });

  it('has what was reviewed, although its source went on', async () => {
    const { github, promotion, move } = await setup();
    await move({
      [LOCAL_OVERLAY]: overlay('"1.5.0"'),
      [STAGE_OVERLAY]: `# new\n${overlay('"1.4.1"')}`,
    });
    expect(github.file(promotion.branch, STAGE_OVERLAY)).toBe(
      `# new\n${overlay('"1.4.2"')}`,
    );
  });

  it('is not merged as it was looked at before', async () => {
    const { engine, promotion, move, look } = await setup();
    await move({ [STAGE_OVERLAY]: overlay('"1.4.0"') });
    const { row } = await look();
    await expect(
      engine.merge(row, promotion.headCommit!, person('ann')),
    ).rejects.toThrow('was updated after you looked at it');
  });

  it.each<[string, Record<string, string>]>([
    ['another file changed', { 'NOTE.md': 'new' }],
    ['its source changed', { [LOCAL_OVERLAY]: overlay('"1.5.0"') }],
    ['a commit changed nothing', { [STAGE_OVERLAY]: overlay('"1.4.1"') }],
  ])('stays as it is where %s', async (_, files) => {
    const { github, promotion, move, look } = await setup();
    await move(files);
    expect(github.branches.get(promotion.branch)).toBe(promotion.headCommit);
    const { row, timeline } = await look();
    expect(row).toEqual({ ...promotion, updatedAt: row.updatedAt });
    expect(timeline.map(({ event }) => event)).toEqual(['requested', 'opened']);
  });

  it('asks GitHub for nothing more while the deployed branch stays where it is', async () => {
    const { github, engine, move } = await setup();
    await move({ [STAGE_OVERLAY]: overlay('"1.4.0"') });
    const fileAt = jest.spyOn(github, 'fileAt');
    const compare = jest.spyOn(github, 'compare');
    await engine.reconcile();
    expect([fileAt, compare].map(({ mock }) => mock.calls)).toEqual([[], []]);
  });

  it('is made again at once where it was opened late, after a crash', async () => {
    const world = await createPromotionWorld(await databases.init('SQLITE_3'));
    const { github, source, createEngine, promote, promotions } = world;
    const at = OPENING_STEPS.indexOf('createBranch');
    const life = new Life({ at, afterEffect: false });
    await expect(promote(REQUEST, mortal(world, life))).rejects.toThrow(Killed);
    github.commit({ [STAGE_OVERLAY]: `# new\n${overlay('"1.4.1"')}` });
    await source.refresh();
    await createEngine(LONG_AFTER).reconcile();
    const [{ branch, state, error }] = await promotions();
    expect({ state, error }).toEqual({ state: 'open', error: undefined });
    expect(github.file(branch, STAGE_OVERLAY)).toBe(
      `# new\n${overlay('"1.4.2"')}`,
    );
  });

  it('is made again with the pins that are left where some were changed by hand', async () => {
    const world = await createPromotionWorld(await databases.init('SQLITE_3'));
    const { github, source, engine, promote, promotions } = world;
    github.commit({
      [LOCAL_OVERLAY]: overlayOf({ demo: '2', worker: '2' }),
      [STAGE_OVERLAY]: overlayOf({ demo: '1', worker: '1' }),
    });
    const { promotion } = await promote();
    github.commit({ [STAGE_OVERLAY]: overlayOf({ demo: '2', worker: '1' }) });
    await source.refresh();
    await engine.reconcile();
    await expect(promotions()).resolves.toMatchObject([
      { id: promotion.id, changes: [{ name: 'worker', after: { tag: '2' } }] },
    ]);
    expect(github.file(promotion.branch, STAGE_OVERLAY)).toBe(
      overlayOf({ demo: '2', worker: '2' }),
    );
  });

  it.each([
    [
      'the target has it already',
      overlay('"1.4.2"'),
      'stage pins that already on main; close pull request #1, there is nothing left to merge',
    ],
    [
      'the overlay cannot be edited any more',
      `${overlay('"1.4.0"')}  - name: demo\n    newTag: "1"\n`,
      'stage changed on main, and the change cannot be made there any more',
    ],
  ])(
    'says what to do where %s, until that is no more',
    async (_, text, error) => {
      const { github, engine, promotion, move, look } = await setup();
      await move({ [STAGE_OVERLAY]: text });
      expect((await look()).row.error).toContain(error);
      await engine.reconcile();
      expect((await look()).row.error).toContain(error);
      expect(github.branches.get(promotion.branch)).toBe(promotion.headCommit);
      await move({ [STAGE_OVERLAY]: overlay('"1.4.0"') });
      expect((await look()).row).toMatchObject({
        error: undefined,
        changes: [{ before: { tag: '1.4.0' } }],
      });
    },
  );

  it('says that a rebase would leave out what changed', async () => {
    const world = await setup();
    const { createEngine, github, promotion, move, look } = world;
    await move(
      { [STAGE_OVERLAY]: overlay('"1.4.0"') },
      createEngine({ mergeMethod: 'rebase' }),
    );
    expect((await look()).row.error).toContain(
      'one that is merged by rebase cannot take that in; close it first',
    );
    expect(github.branches.get(promotion.branch)).toBe(promotion.headCommit);
  });

  it('is made again ever more seldom where GitHub refuses it each time, and says why all the while', async () => {
    const { github, engine, move, look } = await setup();
    const refused = jest
      .spyOn(github, 'moveBranch')
      .mockRejectedValue(new InputError('a ruleset forbids it'));
    const commits = jest.spyOn(github, 'createCommit');
    const clock = jest.spyOn(Date, 'now');
    const start = Date.now();
    await move({ [STAGE_OVERLAY]: overlay('"1.4.0"') });
    for (let second = 15; second <= 3_600; second += 15) {
      clock.mockReturnValue(start + second * 1_000);
      await engine.reconcile();
      expect((await look()).row.error).toBe('a ruleset forbids it');
    }
    expect(commits.mock.calls.length).toBeLessThan(12);

    refused.mockRestore();
    clock.mockReturnValue(start + 3 * 3_600_000);
    await engine.reconcile();
    await engine.reconcile();
    clock.mockRestore();
    expect((await look()).row).toMatchObject({
      error: undefined,
      changes: [{ before: { tag: '1.4.0' } }],
    });
  });

  it('is left to the person who pushed to it', async () => {
    const { github, promotion, move, look } = await setup();
    const pushed = github.push(promotion.branch);
    await move({ [STAGE_OVERLAY]: overlay('"1.4.0"') });
    expect(github.branches.get(promotion.branch)).toBe(pushed);
    expect((await look()).row).toMatchObject({
      title: promotion.title,
      error: undefined,
    });
  });

  it('keeps what its gates said, and by whom one was overridden, once', async () => {
    const world = await createPromotionWorld(await databases.init('SQLITE_3'));
    const { github, source, store, createEngine, promote } = world;
    const engine = createEngine({
      policy: {
        overrides: { groups: [ASKER.userEntityRef], reasonMinLength: 5 },
      },
      gates: [
        {
          id: 'moon',
          title: 'No full moon',
          overridable: true,
          check: () => ({ state: 'failed', message: 'It is full.' }),
        },
      ],
    });
    const { promotion } = await promote(
      { ...REQUEST, override: { gates: ['moon'], reason: 'an outage' } },
      engine,
    );
    github.commit({ [STAGE_OVERLAY]: overlay('"1.4.0"') });
    await source.refresh();
    await engine.reconcile();
    const row = await store.get(promotion.id);
    expect(row?.gates).toEqual(promotion.gates);
    const timeline = await store.timeline(promotion.id);
    expect(timeline.map(({ event }) => event)).toEqual([
      'requested',
      'overridden',
      'opened',
      'rebuilt',
    ]);
    expect(github.pulls[0].body).toContain('an outage');
  });

  it('is made again once where two processes see it at once', async () => {
    const { github, source, engine, createEngine, promotion, look } =
      await setup();
    github.commit({ [STAGE_OVERLAY]: overlay('"1.4.0"') });
    await source.refresh();
    await Promise.all([engine.reconcile(), createEngine().reconcile()]);
    await engine.reconcile();
    const { row, timeline } = await look();
    expect(timeline.map(({ event }) => event)).toEqual([
      'requested',
      'opened',
      'rebuilt',
    ]);
    expect(row.error).toBeUndefined();
    expect(github.branches.get(promotion.branch)).toBe(row.headCommit);
  });

  describe('where somebody presses Update branch on GitHub', () => {
    it.each(['merge', 'rebase'] as const)(
      'by %s, stays what it is, and can be merged and updated as before',
      async how => {
        const { github, engine, promote, move, look } = await setup();
        const head = await move({ 'NOTE.md': 'new' });
        const updated = github.updateBranch(1, how);
        await engine.reconcile();
        const { row, timeline } = await look();
        expect(row).toMatchObject({
          headCommit: updated,
          baseCommit: head,
          error: undefined,
        });
        expect(timeline.at(-1)).toMatchObject({
          event: 'rebuilt',
          detail: 'somebody brought it up to date with main on GitHub',
        });
        await promote({ version: '1.4.3', to: 'stage' });
        const again = (await look()).row;
        expect(github.file(again.branch, STAGE_OVERLAY)).toBe(
          overlay('"1.4.3"'),
        );
        await expect(
          engine.merge(again, again.headCommit!, person('ann')),
        ).resolves.toMatchObject({ state: 'merged' });
      },
    );

    it('takes nothing back that came to the branch since it was last read', async () => {
      const { github, engine, look } = await setup();
      const head = github.commit({ [OTHER]: 'new' });
      const updated = github.updateBranch(1)!;
      await engine.reconcile();
      const { row, timeline } = await look();
      expect(row).toMatchObject({ headCommit: updated, baseCommit: head });
      expect(timeline.map(({ event }) => event)).toEqual([
        'requested',
        'opened',
        'rebuilt',
      ]);
      await engine.merge(row, updated, person('ann'));
      expect(github.file('main', OTHER)).toBe('new');
    });

    it('is not merged as it was looked at before', async () => {
      const { github, engine, promotion, move, look } = await setup();
      await move({ 'NOTE.md': 'new' });
      const updated = github.updateBranch(1)!;
      await expect(
        engine.merge(promotion, promotion.headCommit!, person('ann')),
      ).rejects.toThrow('was updated after you looked at it');
      const { row } = await look();
      await expect(
        engine.merge(row, updated, person('ann')),
      ).resolves.toMatchObject({ state: 'merged' });
    });

    it('is made again where the overlay changed since', async () => {
      const { github, engine, move, look } = await setup();
      await move({ 'NOTE.md': 'new' });
      github.updateBranch(1);
      await move({ [STAGE_OVERLAY]: `# new\n${overlay('"1.4.1"')}` });
      await engine.reconcile();
      const { row } = await look();
      expect(github.file(row.headCommit!, STAGE_OVERLAY)).toBe(
        `# new\n${overlay('"1.4.2"')}`,
      );
    });

    it.each([
      ['changes another file', 'apps/person.yaml', 'a: 1'],
      ['changes the overlay otherwise', STAGE_OVERLAY, overlay('"1.4.9"')],
    ])('is a person’s own where it %s besides', async (_, path, text) => {
      const { github, engine, promotion, move, look } = await setup();
      await move({ 'NOTE.md': 'new' });
      github.push(promotion.branch, { [path]: text });
      github.updateBranch(1);
      await engine.reconcile();
      expect((await look()).row.headCommit).toBe(promotion.headCommit);
    });

    it('says what to do where that leaves nothing of it', async () => {
      const { github, engine, promotion, move, look } = await setup();
      await move({ [STAGE_OVERLAY]: overlay('"1.4.2"') });
      github.updateBranch(1);
      await engine.reconcile();
      expect((await look()).row).toMatchObject({
        headCommit: promotion.headCommit,
        error:
          'stage pins that already on main; close pull request #1, there is nothing left to merge',
      });
    });

    it('asks GitHub nothing twice of what a person pushed', async () => {
      const { github, engine, promotion } = await setup();
      github.push(promotion.branch);
      const asked = jest.spyOn(github, 'compare');
      await engine.reconcile();
      await engine.reconcile();
      expect(asked).not.toHaveBeenCalled();
    });
  });

  describe('where the commit that it was made on is taken off the branch', () => {
    const setupTakenBack = async () => {
      const world = await createPromotionWorld(
        await databases.init('SQLITE_3'),
      );
      const { github, source, promote } = world;
      const good = github.commit({ [OTHER]: 'good' });
      github.commit({ [OTHER]: 'bad' });
      const { promotion } = await promote();
      github.moveBack();
      return { ...world, good, promotion, refresh: () => source.refresh() };
    };

    it('is made again, and does not bring that back', async () => {
      const { github, engine, store, promotion, good, refresh } =
        await setupTakenBack();
      await refresh();
      await engine.reconcile();
      const row = (await store.get(promotion.id))!;
      expect(row).toMatchObject({ baseCommit: good, error: undefined });
      expect((await store.timeline(row.id)).at(-1)).toMatchObject({
        event: 'rebuilt',
        detail: 'main does not have the commit any more that it was made on',
      });
      const merged = await engine.merge(row, row.headCommit!, person('ann'));
      expect(github.changedPaths(good, merged.mergeCommit!)).toEqual([
        STAGE_OVERLAY,
      ]);
      expect(github.file('main', OTHER)).toBe('good');
    });

    it('is not merged before, although nobody has looked at the branch since', async () => {
      const { github, engine, promotion } = await setupTakenBack();
      await expect(
        engine.merge(promotion, promotion.headCommit!, person('ann')),
      ).rejects.toMatchObject({
        name: 'ConflictError',
        message: expect.stringContaining(
          'main does not have the commit any more that it was made on',
        ),
      });
      expect(github.pulls[0].merged).toBe(false);
      expect(github.file('main', OTHER)).toBe('good');
    });

    it('does not take off what was put back afterwards', async () => {
      const { github, engine, store, promotion, refresh } =
        await setupTakenBack();
      const { baseCommit: bad } = promotion;
      await refresh();
      await engine.reconcile();
      // The way out of a push by mistake.
      github.branches.set('main', bad);
      const rebuilt = (await store.get(promotion.id))!;
      await expect(
        engine.merge(rebuilt, rebuilt.headCommit!, person('ann')),
      ).rejects.toThrow('main has commits again that it was made without');
      await engine.reconcile();
      const row = (await store.get(promotion.id))!;
      expect(row.error).toBeUndefined();
      const merged = await engine.merge(row, row.headCommit!, person('ann'));
      expect(github.changedPaths(bad, merged.mergeCommit!)).toEqual([
        STAGE_OVERLAY,
      ]);
      expect(github.file('main', OTHER)).toBe('bad');
    });

    it('has another change on the branch as it is now', async () => {
      const { github, engine, promote, good } = await setupTakenBack();
      const { promotion } = await promote({ version: '1.4.3', to: 'stage' });
      expect(github.changedPaths(good, promotion.headCommit!)).toEqual([
        STAGE_OVERLAY,
      ]);
      await engine.reconcile();
      expect(github.pulls).toHaveLength(1);
    });
  });

  describe('where its environment is deployed from another folder', () => {
    const MOVED = 'apps/demo/overlays/next/stage/kustomization.yaml';
    const MOVE = {
      'bootstrap/stage.yaml': application('demo-stage', 'next/stage'),
    };
    const setupMoved = async () => {
      const world = await createPromotionWorld(
        await databases.init('SQLITE_3'),
      );
      world.github.commit({ [MOVED]: overlay('"1.4.1"') });
      const { promotion } = await world.promote();
      world.github.commit(MOVE);
      return { ...world, promotion };
    };

    it('is made again for that, and leaves the other alone', async () => {
      const { github, source, engine, store, promotion } = await setupMoved();
      await source.refresh();
      await engine.reconcile();
      const row = (await store.get(promotion.id))!;
      expect(row.error).toBeUndefined();
      expect((await store.timeline(row.id)).at(-1)).toMatchObject({
        event: 'rebuilt',
        detail: `stage is deployed from ${MOVED} now`,
      });
      const before = github.branches.get('main')!;
      const merged = await engine.merge(row, row.headCommit!, person('ann'));
      expect(github.changedPaths(before, merged.mergeCommit!)).toEqual([MOVED]);
    });

    it('is not merged before', async () => {
      const { engine, promotion } = await setupMoved();
      await expect(
        engine.merge(promotion, promotion.headCommit!, person('ann')),
      ).rejects.toThrow(`stage is deployed from ${MOVED} now`);
    });

    it('has another change there alone', async () => {
      const { github, promote } = await setupMoved();
      const before = github.branches.get('main')!;
      const { promotion } = await promote({ version: '1.4.3', to: 'stage' });
      expect(github.changedPaths(before, promotion.headCommit!)).toEqual([
        MOVED,
      ]);
    });

    it('cannot have another change where it is merged by rebase', async () => {
      const { createEngine, promote } = await setupMoved();
      await expect(
        promote(
          { version: '1.4.3', to: 'stage' },
          createEngine({ mergeMethod: 'rebase' }),
        ),
      ).rejects.toThrow('merged by rebase cannot take that in');
    });
  });

  it('asks once for all that are open whether the branch still has what they were made on', async () => {
    const world = await setup();
    const { github, engine, promote, source } = world;
    github.commit({ 'NOTE.md': '0' });
    await promote({ version: '1.4.3', to: 'prod' });
    await engine.reconcile();
    const compare = jest.spyOn(github, 'compare');
    for (const text of ['1', '2', '3']) {
      github.commit({ 'NOTE.md': text });
      await source.refresh();
      compare.mockClear();
      await engine.reconcile();
      await engine.reconcile();
      const asked = new Set(compare.mock.calls.map(String));
      expect(asked.size).toBe(1);
    }
  });

  describe('killed while it is made again', () => {
    const STEPS = [
      'branchHead',
      'createCommit',
      'intend',
      'moveBranch',
      'updatePullRequest',
      'applyIntended',
    ];

    it.each(
      STEPS.flatMap((step, at) =>
        [false, true].map(
          afterEffect =>
            [step, afterEffect ? 'after' : 'before', at, afterEffect] as const,
        ),
      ),
    )(
      '%s, %s it took effect: one commit more, said once',
      async (step, _, at, afterEffect) => {
        const world = await setup();
        const { github, move, engine, promotion, look } = world;
        const life = new Life({ at, afterEffect });
        await move(
          { [STAGE_OVERLAY]: overlay('"1.4.0"') },
          mortal(world, life),
        ).catch(() => {});
        expect(life.disturbedAt).toBe(step);
        await engine.reconcile();
        const { row, timeline, pull } = await look();
        expect(timeline.map(({ event }) => event)).toEqual([
          'requested',
          'opened',
          'rebuilt',
        ]);
        expect(row.error).toBeUndefined();
        expect(pull).toMatchObject({
          headCommit: row.headCommit,
          title: row.title,
        });
        expect(github.file(promotion.branch, STAGE_OVERLAY)).toBe(
          overlay('"1.4.2"'),
        );
      },
    );
  });
});
