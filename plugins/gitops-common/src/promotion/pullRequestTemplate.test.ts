import { fillTemplate, unknownNames } from './pullRequestTemplate';

describe('fillTemplate', () => {
  it.each([
    ['{{a}} and {{ b }}', '1 and 2'],
    ['{{a}}{{a}}', '11'],
    ['no names', 'no names'],
    ['{a} {{ {{a}}', '{a} {{ 1'],
    ['{{unknown}}{{toString}}', ''],
    ['{{nested}}', '{{a}}'],
    ['{{money}}', '$& $1'],
  ])('makes of %j', (template, text) => {
    expect(
      fillTemplate(template, {
        a: '1',
        b: '2',
        nested: '{{a}}',
        money: '$& $1',
      }),
    ).toBe(text);
  });
});

describe('unknownNames', () => {
  it('finds those that are none', () => {
    expect(unknownNames('{{a}} {{ c }} {{}} {{a b}}', ['a', 'b'])).toEqual([
      'c',
      '',
      'a b',
    ]);
  });
});
