import type { Finding } from '@gitops-infra/backstage-plugin-gitops-common';
import { isFormat, Report } from './formats';
import { github } from './github';
import { human } from './human';
import { sarif } from './sarif';

const finding: Finding = {
  code: 'tag-not-string',
  severity: 'error',
  what: 'What is wrong.',
  why: 'Because: 100%\nof it.',
  fix: 'Do that.',
  evidence: 'first\nsecond',
  where: { path: 'apps/a b,c:d/k.yaml', line: 3, column: 5 },
};
const elsewhere: Finding = {
  code: 'not-deployed',
  severity: 'info',
  what: 'It waits.',
  why: 'So.',
  fix: 'Wait.',
};

const report = (findings: Finding[], text = ''): Report => ({
  findings,
  environments: 1,
  textOf: () => text,
  fromRepository: path => `infra/${path}`,
  isInActions: false,
});

describe('human', () => {
  it('shows the lines before, and marks the column', () => {
    expect(human(report([finding], 'one\ntwo\n    three\nfour'))).toBe(
      [
        'apps/a b,c:d/k.yaml:3:5: error tag-not-string',
        '  What is wrong.',
        '  1 | one',
        '  2 | two',
        '  3 |     three',
        '    |     ^',
        '  why: Because: 100%\ufffdof it.',
        '  fix: Do that.',
        '  | first',
        '  | second',
        '',
        '1 error in 1 environment.',
        '',
      ].join('\n'),
    );
  });

  it('says what has no place', () => {
    expect(human(report([elsewhere]))).toBe(
      'info not-deployed\n  It waits.\n  why: So.\n  fix: Wait.\n\n1 note in 1 environment.\n',
    );
  });

  it.each([
    ['::stop-commands::tok', '  :\u200b:stop-commands::tok'],
    ['\u2003::error::x', '  \u2003:\u200b:error::x'],
    ['a ##[add-mask]b ##[c]', '  a #\u200b#[add-mask]b #\u200b#[c]'],
    ['###[c]', '  ##\u200b#[c]'],
  ])('gives GitHub Actions no command in %j', (what, shown) => {
    const found = { ...report([{ ...elsewhere, what }]) };
    expect(human(found)).toContain(`  ${what}\n`);
    expect(human({ ...found, isInActions: true })).toContain(`${shown}\n`);
  });

  it.each<[what: string, text: string, shown: string]>([
    ['a command to the terminal', '\u001b[2J', '\ufffd[2J'],
    ['another direction of writing', '\u202eevil', '\ufffdevil'],
    ['a tab', '\tx', ' x'],
    ['a long line', 'x'.repeat(500), `${'x'.repeat(160)}…`],
  ])('does not let through %s', (_, text, shown) => {
    const at = { ...finding, where: { path: 'a', line: 1, column: 200 } };
    expect(human(report([at], text))).toContain(`  1 | ${shown}\n  why`);
  });
});

describe('github', () => {
  it('gives a command for each, with what would end it written otherwise', () => {
    expect(github(report([finding, elsewhere]))).toBe(
      '::error file=infra/apps/a b%2Cc%3Ad/k.yaml,line=3,col=5,title=tag-not-string::What is wrong. Because: 100%25%0Aof it. Do that.\n' +
        '::notice title=not-deployed::It waits. So. Wait.\n',
    );
  });

  it('lets no command to a terminal through', () => {
    const what = '\u001b[2J\r::error::\u009b2J';
    expect(github(report([{ ...elsewhere, what }]))).toBe(
      '::notice title=not-deployed::\ufffd[2J%0D::error::\ufffd2J So. Wait.\n',
    );
  });
});

describe('sarif', () => {
  it('gives one run with rules and results', () => {
    expect(JSON.parse(sarif(report([finding, elsewhere])))).toEqual({
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [
        {
          tool: {
            driver: {
              name: 'gitops-infra',
              rules: [{ id: 'not-deployed' }, { id: 'tag-not-string' }],
            },
          },
          results: [
            {
              ruleId: 'tag-not-string',
              ruleIndex: 1,
              level: 'error',
              message: {
                text: 'What is wrong. Because: 100%\nof it. Do that.',
              },
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: {
                      uri: 'infra/apps/a%20b%2Cc%3Ad/k.yaml',
                    },
                    region: { startLine: 3, startColumn: 5 },
                  },
                },
              ],
            },
            {
              ruleId: 'not-deployed',
              ruleIndex: 0,
              level: 'note',
              message: { text: 'It waits. So. Wait.' },
            },
          ],
        },
      ],
    });
  });
});

describe('isFormat', () => {
  it.each([
    ['json', true],
    ['toString', false],
    ['__proto__', false],
  ])('%s: %s', (name, is) => {
    expect(isFormat(name)).toBe(is);
  });
});
