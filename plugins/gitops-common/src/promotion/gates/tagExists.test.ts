import { CHANGE, gateContext, verdictOf } from '../../__testUtils__/gates';
import type { RegistryAnswer } from '../../findings/EnvironmentFacts';
import { tagExistsGate } from './tagExists';

const asked = (answers: Record<string, RegistryAnswer>) => ({
  target: {
    ...gateContext().target,
    registry: new Map(Object.entries(answers)),
  },
});
const DEMO = 'localhost:5001/demo:1.4.2';
const WEB = 'localhost:5001/web:1.4.2';
const away: RegistryAnswer = { state: 'unknown', reason: 'no answer' };

describe('tag-exists', () => {
  it.each<[Record<string, RegistryAnswer>, string | undefined]>([
    [{ [DEMO]: { state: 'exists' } }, `passed: ${DEMO} is there.`],
    [
      { [DEMO]: { state: 'missing' } },
      `failed: ${DEMO} is not there; push it, or choose a version that is there.`,
    ],
    [{ [DEMO]: away }, `unknown: The registry could not be asked for ${DEMO}.`],
    // Of what the target has today nothing is said.
    [{ 'localhost:5001/demo:1.4.1': { state: 'missing' } }, undefined],
    [{}, undefined],
    [
      { [DEMO]: { state: 'exists' }, [WEB]: away },
      `unknown: The registry could not be asked for ${WEB}.`,
    ],
    [
      { [DEMO]: { state: 'missing' }, [WEB]: away },
      `failed: ${DEMO} is not there; push it, or choose a version that is there.`,
    ],
  ])('of the answers %j', async (answers, says) => {
    const web = { ...CHANGE, name: 'web', image: 'localhost:5001/web' };
    await expect(
      verdictOf(tagExistsGate, { ...asked(answers), changes: [CHANGE, web] }),
    ).resolves.toBe(says);
  });

  it('says nothing where no registry is asked', async () => {
    await expect(verdictOf(tagExistsGate)).resolves.toBeUndefined();
  });
});
