import { parseLabelSelector } from './labelSelector';

describe('parseLabelSelector', () => {
  const labels = { app: 'demo', 'example.com/tier': 'front' };

  it.each([
    ['app=demo', true],
    ['app==demo,example.com/tier!=back', true],
    ['example.com/tier in (back, front)', true],
    ['app notin (demo)', false],
    ['app,!gone', true],
    ['gone', false],
    ['app=', false],
  ])('%j of the labels: %s', (selector, matches) => {
    expect(parseLabelSelector(selector)?.(labels)).toBe(matches);
  });

  it.each([[''], ['app=demo,'], ['tier in front'], ['=demo'], ['a b']])(
    'cannot read %j',
    selector => {
      expect(parseLabelSelector(selector)).toBeUndefined();
    },
  );
});
