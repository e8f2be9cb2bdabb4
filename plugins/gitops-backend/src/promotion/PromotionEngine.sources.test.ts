import { PromotionRequest } from '@gitops-infra/backstage-plugin-gitops-common';
import {
  Killed,
  Life,
  LONG_AFTER,
  mortal,
  OPENING_STEPS,
} from '../__testUtils__/mortal';
import {
  createPromotionWorld,
  LOCAL_OVERLAY,
  overlay,
  REQUEST,
  STAGE_OVERLAY as STAGE,
  person,
} from '../__testUtils__/promotionWorld';
import { testDatabases } from '../__testUtils__/testDatabases';

const databases = testDatabases('SQLITE_3');

const two = (web: string, jobs: string) => `images:
  - name: web
    newTag: ${web}
  - name: jobs
    newTag: ${jobs}
`;

describe('PromotionEngine', () => {
  const setup = async () =>
    createPromotionWorld(await databases.init('SQLITE_3'));
  type World = Awaited<ReturnType<typeof setup>>;

  const commit = async ({ github, source }: World, text: string) => {
    const sha = github.commit({ [STAGE]: text });
    await source.refresh();
    return sha;
  };

  /** Stage went 1.4.0 → 1.4.1 by hand, → 1.4.2 and → 1.4.3 by promotions. Returns the commits and the promotions. */
  const withHistory = async (world: World) => {
    const { github, source, promote, engine } = world;
    const oldest = await commit(world, overlay('"1.4.0"'));
    const byHand = await commit(world, overlay('"1.4.1"'));
    const merge = async ({ promotion }: Awaited<ReturnType<typeof promote>>) =>
      engine.merge(promotion, promotion.headCommit!, person('ann'));
    const first = await merge(await promote());
    github.commit({ [LOCAL_OVERLAY]: overlay('"1.4.3"') });
    const second = await merge(await promote());
    await source.refresh();
    return { oldest, byHand, first, second };
  };

  describe('after a rollback', () => {
    const rollBack = async (world: World, rollbackTo: string) => {
      const { engine, promote, source } = world;
      const { promotion } = await promote({ rollbackTo, to: 'stage' });
      const merged = await engine.merge(
        promotion,
        promotion.headCommit!,
        person('ann'),
      );
      await source.refresh();
      return merged;
    };
    const codes = async ({ plan }: World, request: PromotionRequest) =>
      (await plan(request)).plan.findings.map(({ code }) => code);

    it('a version that was taken back is warned of, and can be promoted', async () => {
      const world = await setup();
      const { byHand } = await withHistory(world);
      await expect(codes(world, REQUEST)).resolves.toEqual([]);
      const rollback = await rollBack(world, byHand);
      const { plan } = await world.plan(REQUEST);
      expect(plan.findings).toMatchObject([
        {
          code: 'rolled-back',
          severity: 'warning',
          what: 'stage was rolled back from demo 1.4.3.',
          why: `Pull request #${rollback.pullRequest?.number} took it back: ${rollback.title}`,
        },
      ]);
      await expect(
        codes(world, { version: '1.4.4', to: 'stage' }),
      ).resolves.toEqual([]);
      await expect(
        codes(world, { version: '1.4.3', to: 'prod' }),
      ).resolves.toEqual([]);
      await expect(world.promote()).resolves.toMatchObject({ created: true });
    });

    it('nothing is said of one that was not merged', async () => {
      const world = await setup();
      const { byHand } = await withHistory(world);
      const { promotion } = await world.promote({
        rollbackTo: byHand,
        to: 'stage',
      });
      await world.engine.close(promotion, 'user:default/ann');
      world.github.commit({ [STAGE]: overlay('"1.4.1"') });
      await world.source.refresh();
      await expect(codes(world, REQUEST)).resolves.toEqual([]);
    });

    it('nothing was taken back by one that led forward again', async () => {
      const world = await setup();
      const { byHand, second } = await withHistory(world);
      await rollBack(world, byHand);
      await rollBack(world, second.mergeCommit!);
      await expect(
        codes(world, { version: '1.4.1', to: 'stage' }),
      ).resolves.toEqual([]);
    });
  });

  describe('a version that a person names', () => {
    it('goes to an environment that is promoted from nowhere', async () => {
      const { github, promote } = await setup();
      const { promotion } = await promote({ version: '1.4.3', to: 'local' });
      expect(promotion).toMatchObject({
        state: 'open',
        version: '1.4.3',
        title: 'deploy(demo): local, 1.4.2 → 1.4.3',
      });
      expect(promotion.from).toBeUndefined();
      expect(github.file(promotion.branch, LOCAL_OVERLAY)).toBe(
        overlay('"1.4.3"'),
      );
    });

    it.each<[what: string, request: PromotionRequest, message: string]>([
      [
        'no source',
        { to: 'stage' },
        'A promotion has exactly one of from, version, rollbackTo; this one has none',
      ],
      [
        'two',
        { to: 'stage', from: 'local', version: '1' },
        'this one has from and version',
      ],
      [
        'no version',
        { to: 'stage', version: 'localhost:5001/demo:1' },
        'localhost:5001/demo:1 is no version; give a tag',
      ],
      [
        'an image that is not there',
        { to: 'stage', version: '1', images: ['x'] },
        'stage does not pin an image x; it pins demo',
      ],
      [
        'a commit that is not there',
        { to: 'stage', rollbackTo: 'f'.repeat(40) },
        'is not in the history of main',
      ],
    ])('is refused with %s', async (_, request, message) => {
      const { plan } = await setup();
      await expect(plan(request)).rejects.toThrow(
        expect.objectContaining({
          name: 'InputError',
          message: expect.stringContaining(message),
        }),
      );
    });

    it('has to say which of several pins it is for', async () => {
      const world = await setup();
      await commit(world, two('"1"', '"1"'));
      await expect(world.plan({ version: '2', to: 'stage' })).rejects.toThrow(
        'stage pins several images; choose with images which of them get 2: web, jobs',
      );
      const { plan } = await world.plan({
        version: '2',
        to: 'stage',
        images: ['jobs'],
      });
      expect(plan.title).toBe('deploy(demo): stage, 1 → 2');
    });

    it.each([
      ['1.4.1', 'Nothing to promote: stage pins 1.4.1 already'],
      [
        `sha256:${'a'.repeat(64)}`,
        'Nothing to promote: stage pins demo by the other of tag and digest than sha256:',
      ],
    ])('is refused where nothing comes of it: %s', async (version, message) => {
      const { promote } = await setup();
      await expect(promote({ version, to: 'stage' })).rejects.toThrow(message);
    });

    it('says which pin names no version where nothing comes of it', async () => {
      const world = await setup();
      await commit(world, overlay('"1.4.1"').replace(/ {4}newTag.*\n/, ''));
      const why =
        'Nothing to promote: the pin of demo names no version, in stage or in what it would come from';
      await expect(world.promote()).rejects.toThrow(why);
      await expect(
        world.promote({ version: '1.4.2', to: 'stage' }),
      ).rejects.toThrow(why);
    });

    it('quotes a tag that is no string, which no promotion gets past', async () => {
      const world = await setup();
      await commit(world, overlay('1.10'));
      await expect(world.promote()).rejects.toThrow('is not a string');
      const { promotion } = await world.promote({
        version: '1.10',
        to: 'stage',
        images: ['demo'],
      });
      expect(promotion.title).toBe('deploy(demo): stage, quote 1.10');
      expect(world.github.file(promotion.branch, STAGE)).toBe(
        overlay('"1.10"'),
      );
    });

    it('takes the place of another change in the pull request that is open', async () => {
      const { github, promote } = await setup();
      const { promotion: first } = await promote();
      const { promotion, created } = await promote({
        version: '1.4.3',
        to: 'stage',
      });
      expect(created).toBe(false);
      expect(promotion).toMatchObject({ id: first.id, version: '1.4.3' });
      expect(promotion.from).toBeUndefined();
      expect(github.pulls).toMatchObject([
        {
          title: 'deploy(demo): stage, 1.4.1 → 1.4.3',
          body: expect.stringContaining('Deploys **demo** `1.4.3` to `stage`'),
        },
      ]);
    });
  });

  describe('a rollback', () => {
    it('shows what was there before, newest first, and which promotion made it', async () => {
      const world = await setup();
      const { oldest, byHand, first } = await withHistory(world);
      const { states, complete } = await world.earlierStates('stage');
      expect(complete).toBe(true);
      expect(
        states.map(({ commit: { sha }, pins, promotion }) => [
          sha,
          pins[0].version.tag,
          promotion?.title,
        ]),
      ).toEqual([
        [first.headCommit, '1.4.2', first.title],
        [byHand, '1.4.1', undefined],
        [oldest, '1.4.0', undefined],
        [expect.any(String), '1.4.1', undefined],
      ]);
    });

    it('has no earlier states of what is not there', async () => {
      const { earlierStates } = await setup();
      await expect(earlierStates('nowhere')).rejects.toThrow(
        'demo has no environment nowhere',
      );
    });

    it('restores the versions and names every promotion that it takes back', async () => {
      const world = await setup();
      const { byHand, first, second } = await withHistory(world);
      const { promotion } = await world.promote({
        rollbackTo: byHand,
        to: 'stage',
      });
      expect(promotion).toMatchObject({
        state: 'open',
        rollbackTo: byHand,
        title: 'rollback(demo): stage, 1.4.3 → 1.4.1',
        undoes: [
          { id: second.id, pullRequest: { number: 2 } },
          { id: first.id, pullRequest: { number: 1 } },
        ],
      });
      expect(world.github.file(promotion.branch, STAGE)).toBe(
        overlay('"1.4.1"'),
      );
      const { body } = world.github.pulls[2];
      expect(body).toContain(`- #2 \`${second.title}\``);
      expect(body).toContain(`Gitops-Rollback-To: ${byHand}`);
      expect(body).toContain(`Gitops-Undoes: ${first.id}`);
    });

    it('names them all where there are more commits than GitHub lists, and more promotions than a page has', async () => {
      const world = await setup();
      const { github, promote, engine, source } = world;
      const commits: string[] = [];
      const ids: string[] = [];
      for (let patch = 1; patch <= 110; patch++) {
        const { promotion } = await promote({
          version: `2.0.${patch}`,
          to: 'stage',
        });
        const { id, mergeCommit } = await engine.merge(
          promotion,
          promotion.headCommit!,
          person('ann'),
        );
        ids.unshift(id);
        commits.push(mergeCommit!);
      }
      await source.refresh();
      const compare = github.compare.bind(github);
      const asked = jest
        .spyOn(github, 'compare')
        .mockImplementation(async (...range) => {
          const comparison = await compare(...range);
          return comparison.aheadBy > 50
            ? { ...comparison, commits: [], complete: false }
            : comparison;
        });
      const { plan } = await world.plan({
        rollbackTo: commits[2],
        to: 'stage',
      });
      expect(plan.undoes?.map(({ id }) => id)).toEqual(ids.slice(0, -3));
      expect(asked.mock.calls.length).toBeLessThan(10);
    });

    it('does not take back the promotion that made the state', async () => {
      const world = await setup();
      const { first, second } = await withHistory(world);
      const { plan } = await world.plan({
        rollbackTo: first.headCommit,
        to: 'stage',
      });
      expect(plan.undoes).toMatchObject([{ id: second.id }]);
    });

    it('has what was deployed, and not what its pull request had before', async () => {
      const world = await setup();
      const { github, promote, engine, source } = world;
      const draft = (await promote()).promotion.headCommit;
      github.commit({ [LOCAL_OVERLAY]: overlay('"1.4.3"') });
      const { promotion } = await promote();
      await engine.merge(promotion, promotion.headCommit!, person('ann'));
      await source.refresh();
      await commit(world, overlay('"1.4.4"'));

      const { states } = await world.earlierStates('stage');
      expect(states.map(({ pins }) => pins[0].version.tag)).toEqual([
        '1.4.3',
        '1.4.1',
      ]);
      await expect(
        world.plan({ rollbackTo: draft, to: 'stage' }),
      ).rejects.toThrow('was never deployed');
    });

    it('has what was deployed where its pull request was only brought up to date afterwards', async () => {
      const world = await setup();
      const { github, promote, engine, source } = world;
      await promote({ version: '1.4.2', to: 'stage' });
      await promote({ version: '1.4.3', to: 'stage' });
      github.commit({ 'NOTE.md': 'new' });
      await source.refresh();
      github.updateBranch(1);
      await engine.reconcile();
      const [promotion] = await world.promotions();
      const { id, mergeCommit } = await engine.merge(
        promotion,
        promotion.headCommit!,
        person('ann'),
      );
      await source.refresh();
      const nothing = world.plan({ rollbackTo: mergeCommit, to: 'stage' });
      await expect(nothing).resolves.toMatchObject({ edits: [] });
      await commit(world, overlay('"1.4.4"'));

      const { states } = await world.earlierStates('stage');
      expect(
        states.map(({ pins, promotion: by }) => [pins[0].version.tag, by?.id]),
      ).toEqual([
        ['1.4.3', id],
        ['1.4.1', undefined],
      ]);
      for (const rollbackTo of [states[0].commit.sha, mergeCommit!]) {
        const { plan } = await world.plan({ rollbackTo, to: 'stage' });
        expect(plan.changes[0].after).toEqual({ tag: '1.4.3' });
        expect(plan.undoes).toBeUndefined();
      }
    });

    it('goes back to what a pull request became with its merge', async () => {
      const world = await setup();
      const { github, promote, engine, source } = world;
      // Far enough apart that Git merges both.
      const far = (web: string, jobs: string) =>
        `images:\n  - name: web\n    newTag: ${web}\n${'# apart\n'.repeat(
          9,
        )}  - name: jobs\n    newTag: ${jobs}\n`;
      github.commit({ [STAGE]: far('"1"', '"1"') });
      await source.refresh();
      const { promotion } = await promote({
        version: '2',
        to: 'stage',
        images: ['web'],
      });
      github.commit({ [STAGE]: far('"1"', '"2"') });
      await engine.merge(promotion, promotion.headCommit!, person('ann'));
      await source.refresh();
      await commit(world, far('"3"', '"3"'));

      const { plan } = await world.plan({
        rollbackTo: promotion.headCommit,
        to: 'stage',
      });
      expect(plan.changes.map(({ name, after }) => [name, after.tag])).toEqual([
        ['web', '2'],
        ['jobs', '2'],
      ]);
    });

    it('says which pins it leaves alone', async () => {
      const world = await setup();
      const then = await commit(world, two('"1"', '"1"'));
      await commit(world, two('"2"', '"1"').replace('jobs', 'new'));
      const { plan } = await world.plan({ rollbackTo: then, to: 'stage' });
      expect(plan).toMatchObject({
        changes: [{ name: 'web', after: { tag: '1' } }],
        skipped: [
          { name: 'new', reason: 'only-in-target' },
          { name: 'jobs', reason: 'only-in-source' },
        ],
      });
    });

    it('does not go to a state that was broken, or to a branch', async () => {
      const world = await setup();
      const broken = await commit(world, 'images: 1');
      await commit(world, overlay('"1.4.1"'));
      await expect(
        world.plan({ rollbackTo: broken, to: 'stage' }),
      ).rejects.toThrow('could not be read');
      const { promotion } = await world.promote();
      await expect(
        world.plan({ rollbackTo: promotion.headCommit, to: 'stage' }),
      ).rejects.toThrow('is not in the history of main');
    });
  });

  describe.each(OPENING_STEPS.map((step, at) => ({ step, at })))(
    'killed while opening, at $step',
    ({ at }) => {
      it.each(['version', 'rollbackTo'] as const)(
        'a promotion by %s: one of each in the end',
        async source => {
          for (const afterEffect of [false, true]) {
            const world = await setup();
            const { oldest } = await withHistory(world);
            const request: PromotionRequest =
              source === 'version'
                ? { version: '1.5.0', to: 'stage' }
                : { rollbackTo: oldest, to: 'stage' };
            await expect(
              world.promote(
                request,
                mortal(world, new Life({ at, afterEffect })),
              ),
            ).rejects.toThrow(Killed);
            const next = world.createEngine(LONG_AFTER);
            await next.reconcile();
            await world.promote(request, next);
            const rows = await world.promotions();
            expect(rows).toHaveLength(3);
            const row = rows.find(({ state }) => state === 'open')!;
            expect(row).toMatchObject(request);
            expect(
              world.github.pulls.filter(({ state }) => state === 'open'),
            ).toMatchObject([{ headCommit: row.headCommit, title: row.title }]);
          }
        },
      );
    },
  );

  it('is one promotion for a target, whatever it comes from', async () => {
    const { promote, promotions } = await setup();
    await Promise.all([
      promote(REQUEST),
      promote({ version: '1.4.2', to: 'stage' }),
    ]);
    await expect(promotions()).resolves.toHaveLength(1);
  });
});
