import type { PinChange } from '../api/types';
import type { RegistryAnswer } from '../findings/EnvironmentFacts';
import type { ImageFacts } from '../images';
import { applicationQuestion } from './applicationCommits';

const OLD = 'a'.repeat(40);
const NEW = 'b'.repeat(40);
const SOURCE = 'https://github.test/shop/web';

const CHANGE: PinChange = {
  name: 'web',
  image: 'r.test/web',
  before: { tag: '1' },
  after: { tag: '2' },
  location: { path: 'x' },
};

const ask = (before?: RegistryAnswer, after?: RegistryAnswer) =>
  applicationQuestion(
    CHANGE,
    reference => ({ 'r.test/web:1': before, 'r.test/web:2': after }[reference]),
  );
const there = (facts?: ImageFacts): RegistryAnswer => ({
  state: 'exists',
  facts,
});
const from = (revision: string, source = SOURCE) => there({ source, revision });

describe('applicationQuestion', () => {
  it('is about the commits that both images were built from', () => {
    expect(ask(from(OLD), from(NEW))).toEqual({
      name: 'web',
      source: SOURCE,
      before: OLD,
      after: NEW,
    });
  });

  it('takes addresses of one repository for the same source', () => {
    expect(
      ask(from(OLD, 'https://GitHub.test/Shop/web.git/'), from(NEW)),
    ).toMatchObject({ source: SOURCE });
  });

  it.each<[what: string, after: RegistryAnswer | undefined]>([
    ['nothing is known of the image', undefined],
    ['it is missing', { state: 'missing' }],
    ['it could not be checked', { state: 'unknown', reason: 'x' }],
    ['it was not read', there()],
    ['it says no source', there({ revision: NEW })],
    ['it says no revision', there({ source: SOURCE })],
  ])('is none where %s', (_, after) => {
    expect(ask(from(OLD), after)).toBeUndefined();
  });

  it('is none where the version stays, as where a tag is put into quotes', () => {
    expect(
      applicationQuestion({ ...CHANGE, after: CHANGE.before }, () => from(NEW)),
    ).toBeUndefined();
  });

  it.each<[RegistryAnswer | undefined, string]>([
    [undefined, '1 does not say what it was built from'],
    [there({ revision: OLD }), '1 does not say what it was built from'],
    [
      from(OLD, 'https://github.test/shop/old'),
      '1 was built from https://github.test/shop/old and 2 from https://github.test/shop/web',
    ],
  ])('has an answer already where before is %j', (before, unknown) => {
    expect(ask(before, from(NEW))).toEqual({ name: 'web', unknown });
  });
});
