import { RegistryAnswer } from '@gitops-infra/backstage-plugin-gitops-common';
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

const MISSING: RegistryAnswer = { state: 'missing' };

describe('what registries say of versions that nobody asked them for yet', () => {
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

  describe('and that an environment brings', () => {
    const IMAGE = 'localhost:5001/demo:1.4.2';
    const from = async (answer: RegistryAnswer) => {
      const world = await setup(answer);
      const fresh = async () => {
        world.github.commit({ [LOCAL_OVERLAY]: overlay('"1.6.0"') });
      };
      return { ...world, fresh };
    };

    it('looks for one that came just now, before the follower does', async () => {
      const { engine, promote, fresh, github, lookUp } = await from({
        state: 'missing',
      });
      await fresh();
      await expect(promote(REQUEST, engine)).rejects.toThrow(
        'Registry has the version: localhost:5001/demo:1.6.0 is not there',
      );
      expect(lookUp).toHaveBeenCalledWith(['localhost:5001/demo:1.6.0']);
      expect(github.pulls).toEqual([]);
    });

    it('says so where it could not be looked for', async () => {
      const { engine, promote, fresh } = await from({
        state: 'unknown',
        reason: 'it is down',
      });
      await fresh();
      const { promotion } = await promote(REQUEST, engine);
      expect(promotion.gates).toContainEqual(
        expect.objectContaining({ id: 'tag-exists', state: 'unknown' }),
      );
    });

    it('does not ask again for one that is followed', async () => {
      const { engine, service, lookUp, registries } = await from({
        state: 'missing',
      });
      await registries.update(new Map([[IMAGE, { state: 'exists' }]]));
      const { plan } = await engine.preview(service(), REQUEST, ASKER);
      expect(lookUp.mock.calls.flat(2)).toEqual([]);
      expect(plan.gates).toContainEqual(
        expect.objectContaining({ id: 'tag-exists', state: 'passed' }),
      );
    });
  });

  describe('at the merge', () => {
    it('are asked again, for a version that went meanwhile', async () => {
      const { engine, promote, lookUp } = await setup({ state: 'exists' });
      const { promotion } = await promote(hotfix, engine);
      lookUp.mockImplementation(
        async references =>
          new Map(references.map(reference => [reference, MISSING])),
      );
      const merge = () =>
        engine.merge(promotion, promotion.headCommit!, person('jane'));
      await expect(merge()).rejects.toThrow(
        'Registry has the version: localhost:5001/demo:9.9.9 is not there',
      );
      lookUp.mockResolvedValue(new Map());
      await expect(merge()).resolves.toMatchObject({ state: 'merged' });
    });

    it('need no reason again for one that was promoted before it was there', async () => {
      const { createEngine, lookUp, promote } = await setup(MISSING);
      const engine = createEngine({
        namedImages: { lookUp },
        policy: {
          overrides: { groups: [ASKER.userEntityRef], reasonMinLength: 5 },
        },
      });
      const { promotion } = await promote(
        {
          ...hotfix,
          override: { gates: ['tag-exists'], reason: 'It is being built.' },
        },
        engine,
      );
      await expect(
        engine.merge(promotion, promotion.headCommit!, person('jane')),
      ).resolves.toMatchObject({ state: 'merged' });
    });
  });
});
