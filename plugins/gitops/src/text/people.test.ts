import { personName } from './people';

describe('personName', () => {
  it.each([
    ['user:default/guest', 'guest'],
    ['octocat', 'octocat'],
    ['ci-bot[bot]', 'ci-bot[bot]'],
  ])('%s', (entityRefOrLogin, expected) => {
    expect(personName(entityRefOrLogin)).toBe(expected);
  });
});
