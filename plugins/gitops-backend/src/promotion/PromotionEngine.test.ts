import { TestDatabaseId } from '@backstage/backend-test-utils';
import { NotFoundError, ServiceUnavailableError } from '@backstage/errors';
import { toGithubError } from '../github/githubErrors';
import {
  ASKER,
  createPromotionWorld,
  INFRA_URL as URL,
  LOCAL_OVERLAY as LOCAL,
  overlay,
  REQUEST,
  STAGE_OVERLAY as STAGE,
  person,
} from '../__testUtils__/promotionWorld';
import { LONG_AFTER } from '../__testUtils__/mortal';
import { testDatabases } from '../__testUtils__/testDatabases';

const refusal = (message: string) =>
  toGithubError(
    { status: 403, response: { data: { message } } },
    'do it',
    'demo/gitops-infra',
  );

const databases = testDatabases('SQLITE_3', 'POSTGRES_18');

describe.each(databases.eachSupportedId())(
  'PromotionEngine on %s',
  (databaseId: TestDatabaseId) => {
    const setup = async () =>
      createPromotionWorld(await databases.init(databaseId));

    describe('promoting', () => {
      it('opens one pull request whose one commit changes the version alone', async () => {
        const { github, promote, changed } = await setup();
        const base = github.branches.get('main');
        const { promotion, created } = await promote();
        expect(created).toBe(true);
        expect(promotion).toMatchObject({
          state: 'open',
          from: 'local',
          to: 'stage',
          baseCommit: base,
          headCommit: github.branches.get(promotion.branch),
          pullRequest: { number: 1 },
          requestedBy: 'user:default/guest',
          error: undefined,
        });
        expect(github.file(promotion.branch, STAGE)).toBe(overlay('"1.4.2"'));
        expect(github.branches.get('main')).toBe(base);
        expect(github.pulls).toEqual([
          expect.objectContaining({
            title: 'promote(demo): local → stage, 1.4.1 → 1.4.2',
            body: expect.stringContaining(`Gitops-Promotion: ${promotion.id}`),
          }),
        ]);
        expect(github.pulls[0].body).toContain(
          "[demo's page](http://backstage/component:default/demo)",
        );
        expect(changed).toContain('demo');
      });

      it('finds the pull request that is open for the same thing', async () => {
        const { github, promote, promotions } = await setup();
        const first = await promote();
        const second = await promote();
        expect(second.created).toBe(false);
        expect(second.promotion).toEqual(first.promotion);
        expect(github.pulls).toHaveLength(1);
        await expect(promotions()).resolves.toHaveLength(1);
      });

      it('is one pull request when two people press at once, in one process and in two', async () => {
        const { github, promote, promotions, createEngine } = await setup();
        const other = createEngine();
        const answers = await Promise.all([
          promote(),
          promote(),
          promote(REQUEST, other),
        ]);
        expect(new Set(answers.map(({ promotion }) => promotion.id)).size).toBe(
          1,
        );
        expect(answers.filter(({ created }) => created)).toHaveLength(1);
        expect(github.pulls).toHaveLength(1);
        expect([...github.branches.keys()]).toHaveLength(2);
        await expect(promotions()).resolves.toMatchObject([{ state: 'open' }]);
      });

      it('plans again on the head as it is now', async () => {
        const { github, promote } = await setup();
        github.commit({ [LOCAL]: overlay('"1.4.3"') });
        const { plan } = await promote();
        expect(plan.title).toContain('1.4.1 → 1.4.3');
      });

      it('opens nothing else than what was looked at', async () => {
        const { github, engine, service, promote, promotions } = await setup();
        const { plan } = await engine.plan(service(), REQUEST);
        const reviewed = plan.changes;
        github.commit({ [LOCAL]: overlay('"1.4.3"') });
        await expect(promote({ ...REQUEST, reviewed })).rejects.toMatchObject({
          name: 'ConflictError',
          message:
            'It is not what you looked at any more: stage would get demo 1.4.1 → 1.4.3 by now; look at it again',
        });
        await expect(promotions()).resolves.toEqual([]);
        expect(github.pulls).toEqual([]);

        github.commit({ [LOCAL]: overlay('"1.4.2"') });
        await expect(promote({ ...REQUEST, reviewed })).resolves.toMatchObject({
          created: true,
        });
      });

      it('puts another change for a target into the pull request that is open', async () => {
        const { github, promote, promotions, store } = await setup();
        const { promotion: first } = await promote();
        const head = github.commit({ [LOCAL]: overlay('"1.4.3"') });
        const { promotion, created } = await promote();
        expect(created).toBe(false);
        expect(promotion).toMatchObject({
          id: first.id,
          branch: first.branch,
          pullRequest: first.pullRequest,
          state: 'open',
          title: 'promote(demo): local → stage, 1.4.1 → 1.4.3',
          changes: [{ after: { tag: '1.4.3' } }],
          baseCommit: head,
          headCommit: github.branches.get(first.branch),
        });
        expect(github.pulls).toMatchObject([
          { title: promotion.title, headCommit: promotion.headCommit },
        ]);
        expect(github.pulls[0].body).toContain('| `1.4.1` | `1.4.3` |');
        expect(github.pulls[0].body).toContain(`- \`${first.title}\``);
        expect(github.file(promotion.branch, STAGE)).toBe(overlay('"1.4.3"'));
        await expect(promotions()).resolves.toHaveLength(1);
        await expect(store.timeline(first.id)).resolves.toMatchObject([
          { event: 'requested', who: ASKER.userEntityRef },
          { event: 'opened' },
          { event: 'updated', who: ASKER.userEntityRef, detail: first.title },
        ]);
      });

      it('updates again, back to what it was, and merges what it has then', async () => {
        const { github, engine, promote } = await setup();
        await promote();
        github.commit({ [LOCAL]: overlay('"1.4.3"') });
        await promote();
        github.commit({ [LOCAL]: overlay('"1.4.2"') });
        const { promotion } = await promote();
        expect(promotion.title).toContain('1.4.1 → 1.4.2');
        await engine.merge(promotion, promotion.headCommit!, person('ann'));
        expect(github.file('main', STAGE)).toBe(overlay('"1.4.2"'));
        expect([...github.branches.keys()]).toEqual(['main']);
      });

      it('says for good that the pull request keeps the title that GitHub would not change', async () => {
        const { github, engine, store, promote } = await setup();
        const { promotion } = await promote();
        github.commit({ [LOCAL]: overlay('"1.4.3"') });
        github.failNext('updatePullRequest', refusal('no right to edit it'));
        await expect(promote()).resolves.toMatchObject({
          promotion: {
            id: promotion.id,
            changes: [{ after: { tag: '1.4.3' } }],
          },
        });
        await engine.reconcile();
        await expect(store.timeline(promotion.id)).resolves.toContainEqual(
          expect.objectContaining({
            event: 'noted',
            detail: expect.stringMatching(
              /^The pull request keeps its old title and description: .*no right to edit it/,
            ),
          }),
        );
      });

      it('joins what changed in the overlay meanwhile', async () => {
        const { github, promote } = await setup();
        await promote();
        const head = github.commit({
          [LOCAL]: overlay('"1.4.3"'),
          [STAGE]: `# new\n${overlay('"1.4.0"')}`,
        });
        const { promotion } = await promote();
        expect(github.file(promotion.branch, STAGE)).toBe(
          `# new\n${overlay('"1.4.3"')}`,
        );
        const { files } = await github.compare(head, promotion.headCommit!);
        expect(files?.map(({ path }) => path)).toEqual([STAGE]);
        await expect(
          github.compare(head, promotion.headCommit!),
        ).resolves.toMatchObject({ behindBy: 0 });
      });

      it('does not update a pull request that somebody pushed to', async () => {
        const { github, promote, promotions } = await setup();
        const { promotion } = await promote();
        const pushed = github.push(promotion.branch);
        github.commit({ [LOCAL]: overlay('"1.4.3"') });
        await expect(promote()).rejects.toMatchObject({
          name: 'ConflictError',
          message: expect.stringContaining(
            `Somebody pushed to ${promotion.branch}, and their commits are not overwritten; merge or close pull request #1 first`,
          ),
        });
        expect(github.branches.get(promotion.branch)).toBe(pushed);
        await expect(promotions()).resolves.toMatchObject([
          { title: promotion.title, headCommit: promotion.headCommit },
        ]);
      });

      it.each([
        ['merged', 'merged'],
        ['closed', 'closed'],
      ])(
        'does not say that a pull request has a change that was %s just before it',
        async (how, state) => {
          const { github, engine, promote, promotions } = await setup();
          const { promotion } = await promote();
          github.commit({ [LOCAL]: overlay('"1.4.3"') });
          const move = github.moveBranch.bind(github);
          jest
            .spyOn(github, 'moveBranch')
            .mockImplementationOnce(async (...to) => {
              if (how === 'merged') {
                github.mergeAsPerson(1);
              } else {
                Object.assign(github.pulls[0], { state: 'closed' });
              }
              return move(...to);
            });
          await expect(promote()).rejects.toThrow(
            `Pull request #1 was ${how} in between; promote again`,
          );
          expect([...github.branches.keys()]).toEqual(['main']);
          await engine.reconcile();
          await expect(promotions()).resolves.toMatchObject([
            { id: promotion.id, state, changes: [{ after: { tag: '1.4.2' } }] },
          ]);
          await expect(promote()).resolves.toMatchObject({ created: true });
        },
      );

      it('is one update when two people press at once, in two processes', async () => {
        const { github, promote, promotions, createEngine } = await setup();
        await promote();
        github.commit({ [LOCAL]: overlay('"1.4.3"') });
        await Promise.allSettled([promote(), promote(REQUEST, createEngine())]);
        const [row, ...others] = await promotions();
        expect(others).toEqual([]);
        expect(row.title).toContain('1.4.3');
        expect(github.pulls).toMatchObject([{ headCommit: row.headCommit }]);
      });

      it('opens a new one after the open one was closed on GitHub, noticed or not', async () => {
        const { github, promote, promotions } = await setup();
        await promote();
        Object.assign(github.pulls[0], { state: 'closed' });
        github.commit({ [LOCAL]: overlay('"1.4.3"') });
        const { created } = await promote();
        expect(created).toBe(true);
        expect((await promotions()).map(({ state }) => state)).toEqual([
          'open',
          'closed',
        ]);
      });

      it('promotes the same version again after it was rolled back', async () => {
        const { github, engine, promote } = await setup();
        const { promotion } = await promote();
        await engine.merge(promotion, promotion.headCommit!, person('guest'));
        github.commit({ [STAGE]: overlay('"1.4.1"') });
        const again = await promote();
        expect(again.created).toBe(true);
        expect(again.promotion.branch).not.toBe(promotion.branch);
        expect(github.pulls.map(({ state }) => state)).toEqual([
          'closed',
          'open',
        ]);
      });

      it.each([
        [
          'nothing to promote',
          { [STAGE]: overlay('"1.4.2"') },
          REQUEST,
          'ConflictError',
          'Nothing to promote: stage pins what local pins already',
        ],
        [
          'a target that does not parse',
          { [STAGE]: 'images: [' },
          REQUEST,
          'ConflictError',
          'stage cannot be promoted to: The overlay does not build',
        ],
        [
          'a source whose tag is no string',
          { [LOCAL]: overlay('1.10') },
          REQUEST,
          'ConflictError',
          'newTag of demo is not a string',
        ],
        [
          'an unknown environment',
          {},
          { from: 'local', to: 'qa' },
          'NotFoundError',
          'demo has no environment qa; it has local, stage, prod',
        ],
        [
          'a step that is not in the chain',
          {},
          { from: 'local', to: 'prod' },
          'InputError',
          'prod is promoted from stage, not from local',
        ],
        [
          'the first environment as a target',
          {},
          { from: 'stage', to: 'local' },
          'InputError',
          'local is not promoted from anywhere',
        ],
        [
          'an unknown image',
          {},
          { ...REQUEST, images: ['nope'] },
          'InputError',
          'Neither local nor stage pins an image nope; they pin demo',
        ],
      ])(
        'refuses %s and does nothing',
        async (_, files, request, name, message) => {
          const { github, promote, promotions } = await setup();
          github.commit(files);
          await expect(promote(request)).rejects.toMatchObject({
            name,
            message: expect.stringContaining(message),
          });
          expect(github.pulls).toEqual([]);
          expect([...github.branches.keys()]).toEqual(['main']);
          await expect(promotions()).resolves.toEqual([]);
        },
      );
    });

    describe('when GitHub refuses a step', () => {
      it.each(['createCommit', 'createBranch', 'openPullRequest'] as const)(
        '%s: nothing is left behind, the reason is kept, and the next try works',
        async step => {
          const { github, promote, promotions } = await setup();
          github.failNext(step, refusal('GitHub says no'));
          await expect(promote()).rejects.toThrow('GitHub says no');
          expect([...github.branches.keys()]).toEqual(['main']);
          expect(github.pulls).toEqual([]);
          await expect(promotions()).resolves.toMatchObject([
            {
              state: 'closed',
              error: expect.stringContaining('GitHub says no'),
            },
          ]);

          const { promotion, created } = await promote();
          expect(created).toBe(true);
          expect(promotion.state).toBe('open');
          expect(github.pulls).toHaveLength(1);
        },
      );

      it('makes a branch of its own where a closed pull request left one that somebody pushed to', async () => {
        const { github, promote } = await setup();
        const { promotion: closed } = await promote();
        Object.assign(github.pulls[0], { state: 'closed' });
        const pushed = github.push(closed.branch);
        const { promotion, created } = await promote();
        expect(created).toBe(true);
        expect(github.branches.get(closed.branch)).toBe(pushed);
        expect(github.branches.get(promotion.branch)).toBe(
          promotion.headCommit,
        );
        expect(github.pulls.map(({ state }) => state)).toEqual([
          'closed',
          'open',
        ]);
      });

      it('keeps what another process opened while this one was refused', async () => {
        const { github, promote, promotions, createEngine } = await setup();
        const other = createEngine(LONG_AFTER);
        const slow = createEngine({
          github: new Proxy(github, {
            get(target, name) {
              if (name === 'createBranch') {
                return async () => {
                  await promote(REQUEST, other);
                  throw refusal('GitHub says no');
                };
              }
              const value = Reflect.get(target, name);
              return typeof value === 'function' ? value.bind(target) : value;
            },
          }),
        });
        await expect(promote(REQUEST, slow)).rejects.toThrow('GitHub says no');
        await expect(promotions()).resolves.toMatchObject([{ state: 'open' }]);
        expect([...github.branches.keys()]).toHaveLength(2);
      });
    });

    describe('when GitHub does not answer', () => {
      const away = () => new ServiceUnavailableError('GitHub did not answer');

      it.each([
        ['createBranch', false],
        ['createBranch', true],
        ['openPullRequest', false],
        ['openPullRequest', true],
      ] as const)(
        'to %s (took effect: %s): reconcile goes on, to one branch and one pull request',
        async (step, afterEffect) => {
          const { github, promote, promotions, createEngine } = await setup();
          github.failNext(step, away(), { afterEffect });
          await expect(promote()).rejects.toThrow('GitHub did not answer');
          await expect(promotions()).resolves.toMatchObject([
            { state: 'requested', error: 'GitHub did not answer' },
          ]);

          // Another process, as after a restart.
          await createEngine().reconcile();
          await expect(promotions()).resolves.toMatchObject([
            { state: 'open', pullRequest: { number: 1 }, error: undefined },
          ]);
          expect(github.pulls).toHaveLength(1);
          expect([...github.branches.keys()]).toHaveLength(2);
        },
      );

      it('to createCommit: the promotion ends, since nothing points at the commit', async () => {
        const { github, promote, promotions } = await setup();
        github.failNext('createCommit', away(), { afterEffect: true });
        await expect(promote()).rejects.toThrow('GitHub did not answer');
        await expect(promotions()).resolves.toMatchObject([
          { state: 'closed' },
        ]);
        expect([...github.branches.keys()]).toEqual(['main']);
      });

      it('to the look at the head: nothing is planned on an old one', async () => {
        const { github, promote, promotions } = await setup();
        github.failNext('head', away());
        await expect(promote()).rejects.toThrow('GitHub did not answer');
        await expect(promotions()).resolves.toEqual([]);
      });

      it('to reconcile: the promotion says so, and forgets it once GitHub is back', async () => {
        const { github, engine, promote, promotions } = await setup();
        await promote();
        github.failNext('pullRequest', away());
        await engine.reconcile();
        await expect(promotions()).resolves.toMatchObject([
          { state: 'open', error: 'GitHub did not answer' },
        ]);
        await engine.reconcile();
        await expect(promotions()).resolves.toMatchObject([
          { state: 'open', error: undefined },
        ]);
      });
    });

    it('goes on with the other promotions where one cannot be written', async () => {
      const { github, createEngine, store, promote, promotions } =
        await setup();
      github.commit({
        'apps/demo/overlays/prod/kustomization.yaml': overlay('"1.4.0"'),
      });
      await promote();
      await promote({ from: 'stage', to: 'prod' });
      github.mergeAsPerson(1);
      // Those that were asked for last are looked at first.
      github.failNext('pullRequest', new ServiceUnavailableError('no answer'));
      jest
        .spyOn(store, 'update')
        .mockRejectedValueOnce(new Error('the database is locked'));
      await createEngine({ store }).reconcile();
      await expect(promotions()).resolves.toMatchObject([
        { to: 'prod', state: 'open', error: undefined },
        { to: 'stage', state: 'merged' },
      ]);
    });

    describe('merging', () => {
      it('merges at the commit that was made, deletes the branch and reads the new head', async () => {
        const { github, engine, source, promote } = await setup();
        const { promotion } = await promote();
        const merged = await engine.merge(
          promotion,
          promotion.headCommit!,
          person('ann'),
        );
        expect(merged).toMatchObject({
          state: 'merged',
          mergedBy: 'user:default/ann',
          mergeCommit: github.branches.get('main'),
        });
        expect([...github.branches.keys()]).toEqual(['main']);
        expect(source.snapshot?.commit).toBe(merged.mergeCommit);
        expect(source.snapshot?.files.get(STAGE)).toBe(overlay('"1.4.2"'));
      });

      it('does not merge an update that came after somebody looked', async () => {
        const { github, engine, store, promote } = await setup();
        const { promotion: looked } = await promote();
        github.commit({ [LOCAL]: overlay('"1.4.3"') });
        await promote();
        const updated = (await store.get(looked.id))!;
        await expect(
          engine.merge(updated, looked.headCommit!, person('ann')),
        ).rejects.toMatchObject({
          name: 'ConflictError',
          message: expect.stringContaining('was updated after you looked'),
        });
        expect(github.pulls[0].merged).toBe(false);
        await expect(
          engine.merge(updated, updated.headCommit!, person('ann')),
        ).resolves.toMatchObject({ state: 'merged' });
      });

      it('does not merge what somebody pushed after it was opened', async () => {
        const { github, engine, promote } = await setup();
        const { promotion } = await promote();
        github.push(promotion.branch);
        await expect(
          engine.merge(promotion, promotion.headCommit!, person('ann')),
        ).rejects.toMatchObject({
          name: 'ConflictError',
          message: expect.stringContaining('Somebody pushed to'),
        });
        expect(github.pulls[0].state).toBe('open');
      });

      it('takes one that was merged on GitHub as merged, by whom it was', async () => {
        const { github, engine, promote } = await setup();
        const { promotion } = await promote();
        github.mergeAsPerson(1);
        await expect(
          engine.merge(promotion, promotion.headCommit!, person('ann')),
        ).resolves.toMatchObject({ state: 'merged', mergedBy: 'octocat' });
      });

      it('is no error twice, and one for a closed promotion', async () => {
        const { github, engine, store, promote } = await setup();
        const { promotion } = await promote();
        const merged = await engine.merge(
          promotion,
          promotion.headCommit!,
          person('ann'),
        );
        await expect(
          engine.merge(merged, merged.headCommit!, person('bob')),
        ).resolves.toEqual(merged);

        github.commit({ [STAGE]: overlay('"1.4.1"') });
        const { promotion: second } = await promote();
        const closed = await store.record(second.id, 'closed');
        await expect(
          engine.merge(closed, closed.headCommit!, person('ann')),
        ).rejects.toThrow(
          'The promotion is closed; only an open pull request can be merged',
        );
      });

      it('stays merged when what follows fails', async () => {
        const { github, engine, promote } = await setup();
        const { promotion } = await promote();
        const away = new ServiceUnavailableError('away');
        const merge = github.merge.bind(github);
        jest.spyOn(github, 'merge').mockImplementation(async (...asked) => {
          github.failNext('deleteBranch', away);
          github.failNext('head', away);
          return merge(...asked);
        });
        await expect(
          engine.merge(promotion, promotion.headCommit!, person('ann')),
        ).resolves.toMatchObject({ state: 'merged' });
      });
    });

    describe('closing', () => {
      it('closes the pull request, deletes the branch, and says who did it', async () => {
        const { github, engine, promote, store } = await setup();
        const { promotion } = await promote();
        const closed = await engine.close(promotion, 'user:default/ann');
        expect(closed.state).toBe('closed');
        expect(github.pulls).toMatchObject([
          { state: 'closed', merged: false },
        ]);
        expect([...github.branches.keys()]).toEqual(['main']);
        expect((await store.timeline(promotion.id)).at(-1)).toMatchObject({
          event: 'closed',
          who: 'user:default/ann',
        });
        await expect(engine.close(closed, 'user:default/ann')).resolves.toBe(
          closed,
        );
        await expect(promote()).resolves.toMatchObject({ created: true });
      });

      it('leaves the commits of a person where they are', async () => {
        const { github, engine, promote } = await setup();
        const { promotion } = await promote();
        const pushed = github.push(promotion.branch);
        await engine.close(promotion, 'user:default/ann');
        expect(github.branches.get(promotion.branch)).toBe(pushed);
      });

      it('does not call closed what was merged at the same time', async () => {
        const { github, createEngine, promote, promotions } = await setup();
        const { promotion } = await promote();
        const close = github.closePullRequest.bind(github);
        jest.spyOn(github, 'closePullRequest').mockImplementation(number => {
          github.mergeAsPerson(number);
          return close(number);
        });
        await expect(
          createEngine().close(promotion, 'user:default/ann'),
        ).rejects.toThrow('Pull request #1 was merged in between');
        await expect(promotions()).resolves.toMatchObject([
          { state: 'merged', mergeCommit: github.branches.get('main') },
        ]);
      });

      it('does not call closed what was merged', async () => {
        const { github, engine, promote, promotions } = await setup();
        const { promotion } = await promote();
        github.mergeAsPerson(1);
        await expect(
          engine.close(promotion, 'user:default/ann'),
        ).rejects.toThrow('Pull request #1 was merged in between');
        const [merged] = await promotions();
        await expect(engine.close(merged, 'user:default/ann')).rejects.toThrow(
          'The promotion is merged; only an open pull request can be closed',
        );
      });
    });

    it('merges by the method that is configured, and joins nothing that a rebase would leave out', async () => {
      const { github, createEngine, promote } = await setup();
      const engine = createEngine({ mergeMethod: 'rebase' });
      const { promotion } = await promote(REQUEST, engine);
      github.commit({
        [LOCAL]: overlay('"1.4.3"'),
        [STAGE]: overlay('"1.4.0"'),
      });
      await expect(promote(REQUEST, engine)).rejects.toThrow(
        'one that is merged by rebase cannot take that in; close it first',
      );
      github.commit({ [STAGE]: overlay('"1.4.1"') });
      const merge = jest.spyOn(github, 'merge');
      await engine.merge(promotion, promotion.headCommit!, person('ann'));
      expect(merge).toHaveBeenCalledWith(1, promotion.headCommit, 'rebase');
    });

    describe('following', () => {
      it.each([
        ['merged', true],
        ['closed', false],
      ])(
        'notices a pull request that was %s on GitHub',
        async (state, merge) => {
          const { github, engine, promote, promotions } = await setup();
          await promote();
          if (merge) {
            github.mergeAsPerson(1);
          } else {
            Object.assign(github.pulls[0], { state: 'closed' });
          }
          await engine.reconcile();
          await expect(promotions()).resolves.toMatchObject([{ state }]);
        },
      );

      it('looks at the one pull request that a webhook speaks of', async () => {
        const { github, engine, promote, promotions } = await setup();
        await promote();
        github.mergeAsPerson(1);
        const looked = jest.spyOn(github, 'pullRequest');
        await engine.reconcilePullRequest(`${URL}-other`, 1);
        await engine.reconcilePullRequest(URL, 2);
        expect(looked).not.toHaveBeenCalled();
        await engine.reconcilePullRequest(URL, 1);
        await expect(promotions()).resolves.toMatchObject([
          { state: 'merged' },
        ]);
      });

      it('ends what is open in a repository that was made anew, and promotes again', async () => {
        const { github, engine, promote, promotions } = await setup();
        await promote();
        github.recreate();
        await engine.reconcile();
        await expect(promotions()).resolves.toMatchObject([
          {
            state: 'closed',
            error: 'The pull request is not in the repository any more',
          },
        ]);
        const { promotion } = await promote();
        expect(promotion).toMatchObject({ state: 'open' });
      });

      it('keeps a pull request that GitHub does not find for the moment', async () => {
        const { github, engine, promote, promotions } = await setup();
        const { promotion } = await promote();
        github.commit({ [LOCAL]: overlay('"1.4.3"') });
        github.failNext('pullRequest', new NotFoundError('no pull request'));
        await expect(promote()).rejects.toThrow('no pull request');
        github.failNext('pullRequest', new NotFoundError('no pull request'));
        await engine.reconcile();
        await expect(promotions()).resolves.toMatchObject([
          { state: 'open', error: 'no pull request' },
        ]);
        await expect(promote()).resolves.toMatchObject({
          created: false,
          promotion: { id: promotion.id, pullRequest: { number: 1 } },
        });
        expect(github.pulls).toHaveLength(1);
      });

      it('follows one that was merged with its branch deleted, and that GitHub does not find for the moment', async () => {
        const { github, engine, promote, promotions } = await setup();
        const { promotion } = await promote();
        github.mergeAsPerson(1);
        github.removeBranch(promotion.branch);
        github.failNext('pullRequest', new NotFoundError('no pull request'));
        await engine.reconcile();
        await expect(promotions()).resolves.toMatchObject([
          { state: 'open', error: 'no pull request' },
        ]);
        await engine.reconcile();
        await expect(promotions()).resolves.toMatchObject([
          { state: 'merged' },
        ]);
      });

      it('keeps a pull request that cannot be found because the repository cannot', async () => {
        const { github, engine, promote, promotions } = await setup();
        await promote();
        github.failNext('pullRequest', new NotFoundError('no pull request'));
        github.failNext('head', new NotFoundError('no repository'));
        await engine.reconcile();
        await expect(promotions()).resolves.toMatchObject([
          { state: 'open', error: 'no repository' },
        ]);
      });

      it('ends what was merged into a branch that has it no more, but not at once', async () => {
        const {
          github,
          source,
          store,
          storeOfLongAgo,
          engine,
          promote,
          promotions,
        } = await setup();
        const merge = async (rows: typeof store) => {
          const { promotion } = await promote();
          const mergeCommit = github.mergeAsPerson(1);
          await rows.record(promotion.id, 'merged', { mergeCommit });
          github.recreate();
          github.commit({ [STAGE]: overlay('"1.4.1"') });
          await source.refresh();
          await engine.settle(URL, 'demo');
        };
        await merge(store);
        await expect(promotions()).resolves.toMatchObject([
          { state: 'merged', error: undefined },
        ]);
        await merge(storeOfLongAgo);
        const states = (await promotions()).map(({ state, error }) => [
          state,
          error,
        ]);
        expect(states).toContainEqual([
          'superseded',
          'The branch main does not have its merge any more',
        ]);
        expect(states).toContainEqual(['merged', undefined]);
      });

      it('says that a merged one cannot be followed while its environment is not declared', async () => {
        const { github, source, engine, promote, promotions } = await setup();
        const { promotion } = await promote();
        await engine.merge(promotion, promotion.headCommit!, ASKER);
        const declare = async (resources: string) => {
          github.commit({
            'bootstrap/kustomization.yaml': `resources: [${resources}]`,
          });
          await source.refresh();
          await engine.reconcile();
        };
        await declare('local.yaml, prod.yaml');
        await expect(promotions()).resolves.toMatchObject([
          {
            state: 'merged',
            error: expect.stringContaining(
              'No Application declares stage of demo any more',
            ),
          },
        ]);
        await declare('local.yaml, stage.yaml, prod.yaml');
        await expect(promotions()).resolves.toMatchObject([
          { state: 'merged', error: undefined },
        ]);
      });

      it.each([
        ['goes on with', overlay('"1.4.1"'), 'open', undefined, 1],
        [
          'ends, where the target has changed,',
          overlay('"1.3.0"'),
          'closed',
          'Interrupted before anything was done on GitHub, and stage cannot be changed that way any more; press Promote again',
          0,
        ],
      ])(
        '%s what was interrupted before anything was done on GitHub',
        async (_, stage, state, error, pulls) => {
          const { github, source, store, createEngine, plan, promotions } =
            await setup();
          const { plan: planned } = await plan(REQUEST);
          await store.request({
            repository: URL,
            service: 'demo',
            from: 'local',
            to: 'stage',
            entityRef: ASKER.entityRef,
            title: planned.title,
            changes: planned.changes,
            baseCommit: planned.repository.head,
            requestedBy: ASKER.userEntityRef,
          });
          const head = github.commit({ [STAGE]: stage, 'NEW.md': 'new' });
          await source.refresh();
          await createEngine(LONG_AFTER).reconcile();
          const [promotion] = await promotions();
          expect(promotion).toMatchObject({ state });
          expect(promotion.error).toBe(error);
          expect(github.pulls).toHaveLength(pulls);
          expect(promotion.baseCommit === head).toBe(state === 'open');
        },
      );
    });
  },
);
