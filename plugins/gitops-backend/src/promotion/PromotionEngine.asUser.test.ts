import { inspect } from 'node:util';

import { ServiceUnavailableError } from '@backstage/errors';
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
