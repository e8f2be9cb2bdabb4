import { setTimeout } from 'node:timers/promises';
import { inspect } from 'node:util';
import { InputError, ServiceUnavailableError } from '@backstage/errors';
import {
  ASKER,
  createPromotionWorld,
  LOCAL_OVERLAY,
  overlay,
  person,
  REQUEST,
} from '../__testUtils__/promotionWorld';
import { UserToken } from '../github/UserToken';
import { testDatabases } from '../__testUtils__/testDatabases';

const TOKEN = new UserToken('gho_tokenOfThePerson');

describe('what a person writes with their own token', () => {
  const databases = testDatabases('SQLITE_3');
  const setup = async () => {
    const world = await createPromotionWorld(await databases.init('SQLITE_3'));
    const { engine, github, promote } = world;
    return {
      ...world,
      promoteAsPerson: () => promote(REQUEST, engine, ASKER, TOKEN),
      /** Since the last time. */
      written: () => github.writtenAsPerson.splice(0),
    };
  };

  it('is the pull request, and another change of it', async () => {
    const { promoteAsPerson, written, github } = await setup();
    await promoteAsPerson();
    expect(written()).toEqual([
      'createCommit',
      'createBranch',
      'openPullRequest',
    ]);
    github.commit({ [LOCAL_OVERLAY]: overlay('"1.4.3"') });
    await promoteAsPerson();
    expect(written()).toEqual([
      'createCommit',
      'moveBranch',
      'updatePullRequest',
    ]);
  });

  it('is its merge', async () => {
    const { engine, promoteAsPerson, written } = await setup();
    const { promotion } = await promoteAsPerson();
    written();
    await engine.merge(promotion, promotion.headCommit!, person('jane'), {
      token: TOKEN,
    });
    expect(written()).toEqual(['merge']);
  });

  it('is its end', async () => {
    const { engine, promoteAsPerson, written } = await setup();
    const { promotion } = await promoteAsPerson();
    written();
    await engine.close(promotion, ASKER.userEntityRef, TOKEN);
    expect(written()).toEqual(['closePullRequest']);
  });

  it("is not what another person's request is opened or ended with, in another process", async () => {
    const { github, createEngine, promote, promotions, written } =
      await setup();
    let proceed = () => {};
    const held = new Promise<void>(resolve => {
      proceed = resolve;
    });
    const create = github.createCommit.bind(github);
    const commits = jest
      .spyOn(github, 'createCommit')
      .mockImplementationOnce(async (...of) => {
        await held;
        return create(...of);
      });
    const ann = promote(
      REQUEST,
      createEngine(),
      { ...ASKER, ...person('ann') },
      TOKEN,
    );
    while (commits.mock.calls.length === 0) {
      await setTimeout(1);
    }
    github.failNext(
      'createCommit',
      new InputError('GitHub does not let you make a commit (403)'),
    );
    const bob = promote(
      REQUEST,
      createEngine(),
      { ...ASKER, ...person('bob') },
      TOKEN,
    );
    await setTimeout(20);
    expect(written()).toEqual(['createCommit']);
    await expect(promotions()).resolves.toMatchObject([{ state: 'requested' }]);

    github.forgetFailures();
    proceed();
    const [ofAnn, ofBob] = await Promise.all([ann, bob]);
    expect(ofAnn.promotion).toMatchObject({
      state: 'open',
      requestedBy: 'user:default/ann',
    });
    expect(ofBob).toMatchObject({
      created: false,
      promotion: { id: ofAnn.promotion.id, state: 'open' },
    });
    expect(github.pulls).toMatchObject([{ state: 'open' }]);
  });

  it('that ends a promotion is told to whoever waits for it', async () => {
    const { github, createEngine, promote, written } = await setup();
    const create = github.createCommit.bind(github);
    let bob: Promise<unknown> | undefined;
    jest.spyOn(github, 'createCommit').mockImplementationOnce(async (...of) => {
      bob = promote(REQUEST, createEngine(), ASKER, TOKEN);
      await setTimeout(20);
      github.failNext('createCommit', new InputError('ann may not'));
      return create(...of);
    });
    await Promise.all([
      expect(promote(REQUEST, createEngine(), ASKER, TOKEN)).rejects.toThrow(
        'ann may not',
      ),
      setTimeout(50),
    ]);
    await expect(bob).rejects.toThrow(
      'The promotion was ended in between: ann may not',
    );
    expect(written()).toEqual(['createCommit']);
  });

  it('is not what is gone on with after a failure: nobody kept the token', async () => {
    const { engine, promoteAsPerson, promotions, written, github } =
      await setup();
    github.failNext('openPullRequest', new ServiceUnavailableError('away'));
    await expect(promoteAsPerson()).rejects.toThrow('away');
    written();
    await engine.reconcile();
    await expect(promotions()).resolves.toMatchObject([{ state: 'open' }]);
    expect(written()).toEqual([]);
  });
});

describe('UserToken', () => {
  it('does not show what it is', () => {
    const shown = [inspect(TOKEN), JSON.stringify({ TOKEN }), String(TOKEN)];
    expect(shown.join()).not.toContain(TOKEN.reveal());
  });

  it.each(['', 'a b', 'a\nb', 'a'.repeat(1025), 'ä'])(
    'is not made of %j',
    text => {
      expect(() => new UserToken(text)).toThrow('What was sent');
    },
  );
});
