import {
  createPromotionWorld,
  overlay,
  person,
  STAGE_OVERLAY,
} from '../__testUtils__/promotionWorld';
import { testDatabases } from '../__testUtils__/testDatabases';

describe('an overlay that is executable, as one from a Windows disk is', () => {
  const databases = testDatabases('SQLITE_3');

  it.each([
    ['while it is read for the first time', []],
    ['where it was changed since', [overlay('"1.4.0"')]],
  ])('stays so through a promotion, %s', async (_, changes) => {
    const { github, engine, promote, source } = await createPromotionWorld(
      await databases.init('SQLITE_3'),
    );
    github.commit({ [STAGE_OVERLAY]: overlay('"1.4.1"') }, 'chmod +x', [
      STAGE_OVERLAY,
    ]);
    await source.refresh();
    for (const text of changes) {
      github.commit({ [STAGE_OVERLAY]: text });
      await source.refresh();
    }
    const { promotion } = await promote();
    expect(github.isExecutable(promotion.headCommit!, STAGE_OVERLAY)).toBe(
      true,
    );
    await engine.merge(promotion, promotion.headCommit!, person('ann'));
    expect(github.file('main', STAGE_OVERLAY)).toBe(overlay('"1.4.2"'));
    expect(github.isExecutable('main', STAGE_OVERLAY)).toBe(true);
  });
});
