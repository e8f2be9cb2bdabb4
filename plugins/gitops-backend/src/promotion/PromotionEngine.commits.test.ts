import {
  ApplicationCommits,
  PinChange,
} from '@gitops-infra/backstage-plugin-gitops-common';
import {
  createPromotionWorld,
  LOCAL_OVERLAY,
  overlay,
  REQUEST,
} from '../__testUtils__/promotionWorld';
import { testDatabases } from '../__testUtils__/testDatabases';

/** What is told of a change, by the version that it brings. */
const history = {
  commitsOf: async (changes: PinChange[]): Promise<ApplicationCommits[]> =>
    changes.map(({ name, after }) => ({
      name,
      unknown: `commits of ${after.tag}`,
    })),
};

describe('the commits of applications', () => {
  const databases = testDatabases('SQLITE_3');
  const setup = async () =>
    createPromotionWorld(await databases.init('SQLITE_3'));

  it('are in a preview', async () => {
    const { createEngine, preview } = await setup();
    await expect(preview(createEngine({ history }))).resolves.toMatchObject({
      title: 'promote(demo): local → stage, 1.4.1 → 1.4.2',
      applicationCommits: [{ name: 'demo', unknown: 'commits of 1.4.2' }],
    });
    await expect(preview(createEngine())).resolves.toMatchObject({
      applicationCommits: [],
    });
  });

  it('are in the pull request, of what it asks for now', async () => {
    const { createEngine, github, promote, source } = await setup();
    const engine = createEngine({ history });
    await promote(REQUEST, engine);
    expect(github.pulls[0].body).toContain('`commits of 1.4.2`');
    github.commit({ [LOCAL_OVERLAY]: overlay('"1.4.3"') });
    await source.refresh();
    await promote(REQUEST, engine);
    expect(github.pulls[0].body).toContain('`commits of 1.4.3`');
    expect(github.pulls[0].body).not.toContain('`commits of 1.4.2`');
  });
});
