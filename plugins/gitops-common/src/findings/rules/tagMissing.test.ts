import { pinning, shown, stageFacts } from '../../__testUtils__/facts';
import { STAGE_OVERLAY } from '../../__testUtils__/tree';
import type { RegistryAnswer } from '../EnvironmentFacts';
import { promotedTagMissing } from '../../promotion/findings/promotedTagMissing';
import { tagMissing } from './tagMissing';

const REFERENCE = 'localhost:5001/demo:9.9.9';
const registry = (answer?: RegistryAnswer) =>
  new Map(answer ? [[REFERENCE, answer]] : []);

describe('tag-missing', () => {
  it.each<[answer: RegistryAnswer | undefined, found: string[]]>([
    [undefined, []],
    [{ state: 'exists' }, []],
    [
      { state: 'missing' },
      [`${STAGE_OVERLAY}:5:13 error The registry does not have ${REFERENCE}.`],
    ],
    [
      { state: 'unknown', reason: 'localhost:5001 does not answer.' },
      [
        `${STAGE_OVERLAY}:5:13 info Whether the registry has ${REFERENCE} could not be checked.`,
      ],
    ],
  ])('of the answer %j makes %j', (answer, found) => {
    const facts = {
      ...stageFacts(pinning('"9.9.9"')),
      registry: registry(answer),
    };
    expect(tagMissing.check(facts).map(shown)).toEqual(found);
  });

  it('says nothing where no registry was asked', () => {
    expect(tagMissing.check(stageFacts(pinning('"9.9.9"')))).toEqual([]);
  });
});

describe('promotedTagMissing', () => {
  const change = {
    name: 'demo',
    image: 'localhost:5001/demo',
    before: { tag: '1.0.0' },
    after: { tag: '9.9.9' },
    location: { path: STAGE_OVERLAY },
  };

  it('judges what is going to be pinned, not what is', () => {
    const missing = registry({ state: 'missing' });
    expect(promotedTagMissing([change], missing)).toMatchObject([
      { code: 'tag-missing', severity: 'error', where: change.location },
    ]);
    const back = { ...change, before: change.after, after: change.before };
    expect(promotedTagMissing([back], missing)).toEqual([]);
  });
});
