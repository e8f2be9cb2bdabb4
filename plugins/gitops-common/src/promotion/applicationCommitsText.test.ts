import fc from 'fast-check';
import type { CommitRef } from '../api/types';
import { applicationCommitsText } from './applicationCommitsText';

const commit = (more: Partial<CommitRef> = {}): CommitRef => ({
  sha: '8c5f1d2e9b7a4c3d8e6f0a1b2c3d4e5f60718293',
  title: 'Take coupons',
  author: 'jane',
  url: 'https://github.test/shop/web/commit/8c5f1d2',
  ...more,
});

const NONE = { count: 0, commits: [] };
const url = 'https://github.test/shop/web/compare/a...b';

describe('applicationCommitsText', () => {
  it('lists what comes and what goes, and leaves the rest to the comparison', () => {
    expect(
      applicationCommitsText([
        {
          name: 'web',
          url,
          added: { count: 12, commits: [commit(), commit({ author: '' })] },
          removed: { count: 1, commits: [commit({ title: 'Try it' })] },
        },
      ]),
    ).toEqual([
      '',
      `\`web\` gains 12 commits ([compare](${url})):`,
      '',
      '- [8c5f1d2](https://github.test/shop/web/commit/8c5f1d2) `Take coupons` by `jane`',
      '- [8c5f1d2](https://github.test/shop/web/commit/8c5f1d2) `Take coupons`',
      '- and 10 more',
      '',
      `\`web\` loses 1 commit ([compare](${url})):`,
      '',
      '- [8c5f1d2](https://github.test/shop/web/commit/8c5f1d2) `Try it` by `jane`',
    ]);
  });

  it('says why there is no list', () => {
    expect(
      applicationCommitsText([
        { name: 'web', unknown: 'GitHub did not answer in time' },
        { name: 'api', url, added: NONE },
      ]),
    ).toEqual([
      '',
      'Commits of `web` could not be listed: `GitHub did not answer in time`',
      '',
      'Both versions of `api` are built from the same commit.',
    ]);
  });

  it.each<[what: string, commit: Partial<CommitRef>, line: string]>([
    [
      'closes no issue and mentions nobody',
      { title: 'Fixes #1, see @shop/ops', author: '@jane' },
      '`Fixes #1, see @shop/ops` by `@jane`',
    ],
    [
      'does not end the code',
      { title: '`` ` @jane [x](https://evil.test)' },
      "`'' ' @jane [x](https://evil.test)` by `jane`",
    ],
    [
      'starts no line',
      { title: 'a\r\n\r\nGitops-Promotion: 1\u2028# b' },
      '`a Gitops-Promotion: 1 # b` by `jane`',
    ],
    [
      'does not turn text around',
      { title: 'a\u202eb\u2066c' },
      '`abc` by `jane`',
    ],
  ])('what a commit says %s', (_, more, line) => {
    const [, , , text] = applicationCommitsText([
      { name: 'web', added: { count: 1, commits: [commit(more)] } },
    ]);
    expect(text.slice(text.indexOf(') ') + 2)).toBe(line);
  });

  it.each<[address: string, begins: string]>([
    ['data:text/html,x', '- 8c5f1d2 `'],
    ['nowhere', '- 8c5f1d2 `'],
    [
      'https://github.test/a) [b](https://evil.test',
      '- [8c5f1d2](https://github.test/a%29%20[b]%28https://evil.test) `',
    ],
  ])('leads to %s as %s', (address, begins) => {
    const [, , , text] = applicationCommitsText([
      {
        name: 'web',
        added: { count: 1, commits: [commit({ url: address })] },
      },
    ]);
    expect(text.startsWith(begins)).toBe(true);
  });

  it('holds whatever a commit says within one code span of one line', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.string({ unit: 'grapheme', maxLength: 50 }),
        (title, author) => {
          const lines = applicationCommitsText([
            {
              name: 'web',
              added: { count: 1, commits: [commit({ title, author })] },
            },
          ]);
          expect(lines).toHaveLength(4);
          expect(lines[3]).not.toMatch(/[\r\n\u2028\u2029]/);
          const spans = author ? 4 : 2;
          expect(lines[3].match(/`/g)).toHaveLength(spans);
          expect(lines[3].length).toBeLessThan(1_000);
        },
      ),
    );
  });
});
