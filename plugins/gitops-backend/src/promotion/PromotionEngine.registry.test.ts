import { RegistryAnswer } from '@gitops-infra/backstage-plugin-gitops-common';
import {
  ASKER,
  createPromotionWorld,
  overlay,
  REQUEST,
  STAGE_OVERLAY,
} from '../__testUtils__/promotionWorld';
import { testDatabases } from '../__testUtils__/testDatabases';

describe('what registries say of versions that a person names', () => {
  const databases = testDatabases('SQLITE_3');
  const setup = async (answer: RegistryAnswer) => {
    const world = await createPromotionWorld(await databases.init('SQLITE_3'));
    const { github, source } = world;
    const before = await github.head();
    github.commit({ [STAGE_OVERLAY]: overlay('"1.5.0"') });
    await source.refresh();
    const lookUp = jest.fn(
      async (references: readonly string[]) =>
        new Map(references.map(reference => [reference, answer])),
    );
    return {
      ...world,
      lookUp,
      before,
      engine: world.createEngine({ namedImages: { lookUp } }),
    };
  };
  const hotfix = { version: '9.9.9', to: 'stage' };

  it.each([
    ['a version', () => hotfix, '9.9.9'],
    [
      'an earlier state',
      (rollbackTo: string) => ({ rollbackTo, to: 'stage' }),
      '1.4.1',
    ],
  ])(
    'stops %s that is missing before anything is opened',
    async (_, requestOf, tag) => {
      const { engine, before, service, promote, github, lookUp } = await setup({
        state: 'missing',
      });
      const request = requestOf(before);
      const { plan } = await engine.preview(service(), request, ASKER);
      expect(lookUp).toHaveBeenCalledWith([`localhost:5001/demo:${tag}`]);
      expect(plan).toMatchObject({
        findings: [{ code: 'tag-missing', severity: 'error' }],
      });
      expect(plan.gates).toContainEqual(
        expect.objectContaining({ id: 'tag-exists', state: 'failed' }),
      );
      await expect(promote(request, engine)).rejects.toMatchObject({
        name: 'ConflictError',
        message: expect.stringContaining(
          `Registry has the version: localhost:5001/demo:${tag} is not there`,
        ),
      });
      expect(github.pulls).toEqual([]);
    },
  );

  it('opens one that is there, and says that it was looked for', async () => {
    const { engine, promote } = await setup({ state: 'exists' });
    const { promotion } = await promote(hotfix, engine);
    expect(promotion.gates).toContainEqual(
      expect.objectContaining({ id: 'tag-exists', state: 'passed' }),
    );
  });

  it('opens one that could not be looked for, and says so', async () => {
    const { engine, promote } = await setup({
      state: 'unknown',
      reason: 'it is down',
    });
    const { promotion, plan } = await promote(hotfix, engine);
    expect(plan.findings).toMatchObject([
      { code: 'tag-missing', severity: 'info', why: 'it is down' },
    ]);
    expect(promotion.gates).toContainEqual(
      expect.objectContaining({ id: 'tag-exists', state: 'unknown' }),
    );
  });

  it('asks nobody for what an environment brings: that is followed', async () => {
    const { engine, service, lookUp } = await setup({ state: 'missing' });
    await engine.preview(service(), REQUEST, ASKER);
    expect(lookUp.mock.calls.flat(2)).toEqual([]);
  });
});
