import { formatAge, formatDuration, formatRelative } from './time';

const NOW = Date.UTC(2026, 2, 2, 12);
const before = (seconds: number) =>
  new Date(NOW - seconds * 1000).toISOString();

describe.each([
  [-30, '0 sec', 'now'],
  [0, '0 sec', 'now'],
  [20, '20 sec', '20 sec. ago'],
  [59.9, '59 sec', '59 sec. ago'],
  [60, '1 min', '1 min. ago'],
  [250, '4 min', '4 min. ago'],
  [3_600, '1 hr', '1 hr. ago'],
  [86_400, '1 day', 'yesterday'],
  [200_000, '2 days', '2 days ago'],
])('%d seconds before', (seconds, age, relative) => {
  it(`is ${relative}`, () => {
    expect(formatAge(before(seconds), NOW, 'en')).toBe(age);
    expect(formatRelative(before(seconds), NOW, 'en')).toBe(relative);
  });
});

it('speaks the language of the app', () => {
  expect(formatRelative(before(250), NOW, 'de')).toBe('vor 4 Min.');
});

it.each([
  [-1, '0 sec'],
  [0, '0 sec'],
  [0.4, '0 sec'],
  [59.6, '1 min'],
  [61, '1 min 1 sec'],
  [3_600, '1 hr'],
  [3_605, '1 hr'],
  [3_900, '1 hr 5 min'],
  [90_061, '1 day 1 hr'],
  [1_000_000, '11 days 13 hr'],
])('%d seconds take %s', (seconds, expected) => {
  expect(formatDuration(seconds, 'en')).toBe(expected);
});
