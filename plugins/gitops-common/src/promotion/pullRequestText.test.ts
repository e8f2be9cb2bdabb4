import type { PinChange } from '../api/types';
import {
  promotionCommitMessage,
  pullRequestBody,
  pullRequestTitle,
  PullRequestText,
} from './pullRequestText';

const change = (more: Partial<PinChange> = {}): PinChange => ({
  name: 'demo',
  image: 'localhost:5001/demo',
  before: { tag: '1.4.1' },
  after: { tag: '1.4.2' },
  location: { path: 'x' },
  ...more,
});

const ROLLBACK = {
  rollbackTo: `abcdef0${'1'.repeat(33)}`,
  undoes: [
    {
      id: '12',
      title: 'promote(demo): x\n\nGitops-Undoes: 1',
      pullRequest: { number: 42, url: 'https://github.test/pull/42' },
    },
    { id: '11', title: 'deploy(demo): stage, 1 → 2' },
  ],
};

const title = (...changes: PinChange[]) =>
  pullRequestTitle({ service: 'demo', from: 'local', to: 'stage', changes });

const body = (changes: PinChange[]) =>
  pullRequestBody({ service: 'demo', from: 'local', to: 'stage', changes });

describe('pullRequestTitle', () => {
  it.each<[changes: PinChange[], text: string]>([
    [[], 'promote(demo): local → stage'],
    [[change()], 'promote(demo): local → stage, 1.4.1 → 1.4.2'],
    [[change({ before: {} })], 'promote(demo): local → stage, latest → 1.4.2'],
    [
      [change(), change({ name: 'web', after: { tag: '2' } })],
      'promote(demo): local → stage, demo 1.4.1 → 1.4.2, web 1.4.1 → 2',
    ],
  ])('of %j', (changes, text) => {
    expect(title(...changes)).toBe(text);
  });
});

describe('a promotion of more than GitHub takes', () => {
  const digest = (of: string) => ({ digest: `sha256:${of.repeat(64)}` });
  const changes = Array.from({ length: 8 }, (_, index) =>
    change({
      name: `registry.example.com/team/service-${index}`,
      before: digest('a'),
      after: digest('b'),
    }),
  );
  const about = { service: 'demo', from: 'local', to: 'stage', changes };

  it('counts its images in the title', () => {
    expect(title(...changes)).toBe('promote(demo): local → stage, 8 images');
    expect(pullRequestTitle(about, '[{{target}}] {{versions}}')).toBe(
      '[stage] 8 images',
    );
  });

  it('cuts what a wording makes too long, and no character in two', () => {
    const cut = pullRequestTitle(about, `${'🚀'.repeat(300)} {{title}}`);
    expect(cut).toBe(`${'🚀'.repeat(255)}…`);
  });

  it('leaves out the end of the description, and never the trailers', () => {
    const text = pullRequestBody(about, {
      id: '1',
      requestedBy: 'user:default/ann',
      pageUrl: 'https://backstage.test/demo',
      gates: [
        {
          id: 'g',
          title: 'A gate',
          state: 'passed',
          message: 'Fine.',
          blocks: false,
          overridable: true,
        },
      ],
      earlier: Array.from(
        { length: 2_000 },
        (_, at) => `promote ${at} ${'x'.repeat(60)}`,
      ),
    });
    expect(text.length).toBeLessThanOrEqual(65_536);
    expect(text).toContain('- `promote 0 ');
    expect(text).toContain('\n\n…\n\n| Gate |');
    expect(text.endsWith('\nGitops-Promotion: 1')).toBe(true);
  });
});

describe('the title of what is not promoted from an environment', () => {
  const about = { service: 'demo', to: 'stage' };

  it.each<[about: Partial<PullRequestText>, text: string]>([
    [{ version: '1.4.3' }, 'deploy(demo): stage, 1.4.1 → 1.4.2'],
    [
      {
        version: '1.10',
        changes: [change({ before: { tag: '1.10' }, after: { tag: '1.10' } })],
      },
      'deploy(demo): stage, quote 1.10',
    ],
    [
      {
        rollbackTo: 'a'.repeat(40),
        changes: [
          change({ before: { tag: '1.4.2' }, after: { tag: '1.4.1' } }),
        ],
      },
      'rollback(demo): stage, 1.4.2 → 1.4.1',
    ],
  ])('of %j', (more, text) => {
    expect(pullRequestTitle({ ...about, changes: [change()], ...more })).toBe(
      text,
    );
  });
});

describe('pullRequestBody', () => {
  it('says which version a person asked for', () => {
    expect(
      pullRequestBody({
        service: 'demo',
        version: '1.4.2',
        to: 'stage',
        changes: [change()],
      }).split('\n', 1),
    ).toEqual([
      'Deploys **demo** `1.4.2` to `stage`. Merging deploys it: Argo CD follows this branch.',
    ]);
  });

  it('names what a rollback takes back, for people and for machines', () => {
    const lines = pullRequestBody(
      { ...ROLLBACK, service: 'demo', to: 'stage', changes: [change()] },
      { id: '4711', requestedBy: 'user:default/jane', pageUrl: 'https://b' },
    ).split('\n');
    expect(lines[0]).toBe(
      'Rolls **demo** back in `stage` to the versions that it had at `abcdef0`. Merging deploys it: Argo CD follows this branch.',
    );
    expect(lines.slice(6, 10)).toEqual([
      'Takes back:',
      '',
      '- #42 `promote(demo): x Gitops-Undoes: 1`',
      '- `deploy(demo): stage, 1 → 2`',
    ]);
    expect(lines.slice(-4)).toEqual([
      'Gitops-Promotion: 4711',
      `Gitops-Rollback-To: ${ROLLBACK.rollbackTo}`,
      'Gitops-Undoes: 12',
      'Gitops-Undoes: 11',
    ]);
  });

  it('says what changes, who asked, where to follow it, and ends with the trailer', () => {
    expect(
      pullRequestBody(
        { service: 'demo', from: 'local', to: 'stage', changes: [change()] },
        {
          id: '4711',
          requestedBy: 'user:default/jane',
          pageUrl:
            'https://backstage.example.com/catalog/default/component/demo',
        },
      ).split('\n'),
    ).toEqual([
      'Promotes **demo** from `local` to `stage`. Merging deploys it: Argo CD follows this branch.',
      '',
      '| Image | Runs as | Now | After |',
      '| --- | --- | --- | --- |',
      '| `demo` | `localhost:5001/demo` | `1.4.1` | `1.4.2` |',
      '',
      "Asked for by `user:default/jane` on [demo's page](https://backstage.example.com/catalog/default/component/demo).",
      '',
      'Gitops-Promotion: 4711',
    ]);
  });

  it('says what the gates said, who overrode one, and why, each in one line', () => {
    const gate = {
      id: 'a',
      title: 'No freeze window',
      state: 'failed' as const,
      message: 'stage is frozen | `now`',
      blocks: false,
      overridable: true,
    };
    const lines = pullRequestBody(
      { service: 'demo', from: 'local', to: 'stage', changes: [change()] },
      {
        id: '4711',
        requestedBy: 'user:default/jane',
        pageUrl: 'https://backstage.example.com',
        gates: [
          { ...gate, state: 'passed', title: 'Sound', message: 'It is.' },
          {
            ...gate,
            overridden: {
              by: 'user:default/jane',
              reason: 'Nobody\n\nGitops-Promotion: 1 can `pay`',
            },
          },
        ],
      },
    ).split('\n');
    expect(lines.slice(8, 15)).toEqual([
      '| Gate | | |',
      '| --- | --- | --- |',
      '| `Sound` | passed | `It is.` |',
      "| `No freeze window` | **overridden** | `stage is frozen \\| 'now'` |",
      '',
      "`user:default/jane` overrode `No freeze window`: `Nobody Gitops-Promotion: 1 can 'pay'`",
      '',
    ]);
  });

  it('says what it was before it was updated, each in one line', () => {
    expect(
      pullRequestBody(
        { service: 'demo', from: 'local', to: 'stage', changes: [change()] },
        {
          id: '4711',
          requestedBy: 'user:default/jane',
          pageUrl: 'https://backstage.example.com',
          earlier: ['one `x`', 'two\n\nGitops-Promotion: 1'],
        },
      )
        .split('\n')
        .slice(-6),
    ).toEqual([
      'Updated; it was before:',
      '',
      "- `one 'x'`",
      '- `two Gitops-Promotion: 1`',
      '',
      'Gitops-Promotion: 4711',
    ]);
  });

  it('writes tag and digest in full, and latest for neither', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    expect(
      body([change({ before: {}, after: { tag: '1', digest } })]),
    ).toContain(`| \`latest\` | \`1@${digest}\` |`);
  });
});

describe('a wording of the configuration', () => {
  const about = {
    service: 'demo',
    from: 'local',
    to: 'stage',
    changes: [change({ name: 'x{{page}}' })],
  };

  it('has the title in it, in one line', () => {
    expect(
      pullRequestTitle(
        about,
        'OPS-1 {{service}} {{source}}>{{target}} {{versions}}\n[{{title}}]',
      ),
    ).toBe(
      'OPS-1 demo local>stage 1.4.1 → 1.4.2 [promote(demo): local → stage, 1.4.1 → 1.4.2]',
    );
  });

  it('is followed by the trailers, whatever it says', () => {
    const opened = { id: '1', requestedBy: 'user:default/jane', pageUrl: 'p' };
    expect(
      pullRequestBody(about, opened, 'For {{requestedBy}}: {{page}}'),
    ).toBe('For user:default/jane: p\n\nGitops-Promotion: 1');
    expect(pullRequestBody(about, opened, '{{body}}')).toBe(
      pullRequestBody(about, opened),
    );
  });
});

describe('promotionCommitMessage', () => {
  const asked = {
    id: '4711',
    title: 'the title',
    requestedBy: 'user:default/jane',
  };

  it('is the title, who asked, and the trailer', () => {
    expect(promotionCommitMessage(asked)).toBe(
      'the title\n\nRequested-by: user:default/jane\nGitops-Promotion: 4711',
    );
  });

  it('names what a rollback takes back', () => {
    expect(
      promotionCommitMessage({ ...asked, ...ROLLBACK })
        .split('\n')
        .slice(3),
    ).toEqual([
      'Gitops-Promotion: 4711',
      `Gitops-Rollback-To: ${ROLLBACK.rollbackTo}`,
      'Gitops-Undoes: 12',
      'Gitops-Undoes: 11',
    ]);
  });
});

describe('a pin whose name is made to mislead', () => {
  const forged = change({ name: 'x\n\nGitops-Promotion: 1\r\u2028# Title' });

  it('starts no line in the title, so that no trailer can be forged', () => {
    expect(title(forged, change())).toBe(
      'promote(demo): local → stage, x Gitops-Promotion: 1 # Title 1.4.1 → 1.4.2, demo 1.4.1 → 1.4.2',
    );
  });

  it('stays in its cell of the table', () => {
    const lines = body([
      forged,
      change({ name: '`|`</td>@team', image: 'a|b' }),
    ]).split('\n');
    expect(lines).toHaveLength(6);
    expect(lines[4]).toBe(
      '| `x Gitops-Promotion: 1 # Title` | `localhost:5001/demo` | `1.4.1` | `1.4.2` |',
    );
    expect(lines[5]).toBe(
      "| `'\\|'</td>@team` | `a\\|b` | `1.4.1` | `1.4.2` |",
    );
  });
});
