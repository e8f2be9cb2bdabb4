import { matchesSelector } from './selector';

const LABELS = {
  app: 'demo',
  'backstage.io/kubernetes-id': 'demo',
  tier: 'web',
};

describe('matchesSelector', () => {
  it.each([
    ['', true],
    ['app=demo', true],
    ['app==demo', true],
    ['app = demo', true],
    ['app=other', false],
    ['backstage.io/kubernetes-id=demo,tier=web', true],
    ['backstage.io/kubernetes-id=demo,tier=db', false],
    ['app!=other', true],
    ['app!=demo', false],
    ['missing!=demo', true],
    ['app', true],
    ['missing', false],
    ['!missing', true],
    ['!app', false],
    ['tier in (db, web)', true],
    ['tier in (db,cache),app=demo', false],
    ['app=demo,tier in (db,web),!missing', true],
    ['missing in (demo)', false],
    ['tier notin (db,cache)', true],
    ['tier notin (db,web)', false],
    ['missing notin (demo)', true],
  ])('%j: %s', (selector, matches) => {
    expect(matchesSelector(LABELS, selector)).toBe(matches);
  });
});
