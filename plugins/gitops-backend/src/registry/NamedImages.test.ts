import { ImageDescription, RegistryLook } from '@gitops-infra/registry-client';
import { MemoryUpstreamStore } from '../__testUtils__/MemoryUpstreamStore';
import { NamedImages } from './NamedImages';
import { RegistryAnswers } from './RegistryAnswers';

const FACTS = { source: 'https://github.test/demo/web', revision: 'abc' };
const EXISTS: RegistryLook = { state: 'exists', digest: 'sha256:a' };
const MISSING: RegistryLook = { state: 'missing' };
const FORBIDDEN: RegistryLook = {
  state: 'unknown',
  reason: 'it is forbidden',
  away: false,
};
const never = () => new Promise<never>(() => {});

describe('NamedImages', () => {
  const setup = (options: { timeoutMs?: number } = {}) => {
    const registry = {
      look: jest.fn(async (): Promise<RegistryLook> => EXISTS),
      describe: jest.fn(
        async (): Promise<ImageDescription> => ({
          state: 'described',
          facts: FACTS,
        }),
      ),
      close: async () => {},
    };
    const store = new MemoryUpstreamStore();
    const answers = new RegistryAnswers(store);
    let time = 0;
    const images = new NamedImages({
      registries: new Map([['r.test', registry]]),
      answers,
      now: () => time,
      ...options,
    });
    return {
      registry,
      answers,
      images,
      store,
      wait: (milliseconds: number) => {
        time += milliseconds;
      },
      lookUp: async (...references: string[]) =>
        Object.fromEntries(await images.lookUp(references)),
    };
  };

  it('says what the registry says, and what the image says of itself', async () => {
    const { registry, answers, lookUp } = setup();
    await expect(lookUp('r.test/team/web:2')).resolves.toEqual({
      'r.test/team/web:2': { ...EXISTS, facts: FACTS },
    });
    expect(registry.look).toHaveBeenCalledWith(
      { host: 'r.test', repository: 'team/web', reference: '2' },
      expect.any(AbortSignal),
    );
    // Everybody knows it from then on.
    expect(answers.of('r.test/team/web:2')).toEqual({
      ...EXISTS,
      facts: FACTS,
    });
  });

  it('asks no registry that is not configured', async () => {
    const { registry, lookUp } = setup();
    await expect(
      lookUp('other.test/web:2', 'web:2', 'r.test.evil.test/web:2'),
    ).resolves.toEqual({});
    expect(registry.look).not.toHaveBeenCalled();
  });

  it.each([
    ['is there', EXISTS, 10 * 60_000],
    ['is missing', MISSING, 20_000],
    ['could not be checked', FORBIDDEN, 5_000],
  ])(
    'asks again for one that %s after a while, and not before',
    async (_, look, againMs) => {
      const { registry, lookUp, wait } = setup();
      registry.look.mockResolvedValue(look);
      const first = await lookUp('r.test/web:2');
      wait(againMs - 1);
      await expect(lookUp('r.test/web:2')).resolves.toEqual(first);
      expect(registry.look).toHaveBeenCalledTimes(1);
      wait(1);
      await lookUp('r.test/web:2');
      expect(registry.look).toHaveBeenCalledTimes(2);
    },
  );

  it('keeps nothing that is not certain', async () => {
    const { registry, answers, lookUp } = setup();
    registry.look.mockResolvedValue(FORBIDDEN);
    await expect(lookUp('r.test/web:2')).resolves.toEqual({
      'r.test/web:2': { state: 'unknown', reason: 'it is forbidden' },
    });
    expect(answers.of('r.test/web:2')).toBeUndefined();
  });

  it('waits for a short time only', async () => {
    const { registry, lookUp } = setup({ timeoutMs: 1 });
    registry.look.mockImplementation(never);
    await expect(lookUp('r.test/web:2')).resolves.toEqual({
      'r.test/web:2': {
        state: 'unknown',
        reason: 'r.test did not answer within 0.001 s',
      },
    });
  });

  it('knows that an image is there whose content cannot be read in time', async () => {
    const { registry, answers, lookUp } = setup({ timeoutMs: 50 });
    registry.describe.mockImplementation(never);
    await expect(lookUp('r.test/web:2')).resolves.toEqual({
      'r.test/web:2': EXISTS,
    });
    expect(answers.of('r.test/web:2')).toEqual(EXISTS);
  });

  it('answers where the answer cannot be written down', async () => {
    const { store, lookUp } = setup();
    jest.spyOn(store, 'append').mockRejectedValue(new Error('away'));
    await expect(lookUp('r.test/web:2')).resolves.toEqual({
      'r.test/web:2': EXISTS,
    });
  });
});
