import { CommitData, toChangedFile, toCommitSummary } from './comparison';

const SHA = 'a'.repeat(40);
const file = { filename: 'apps/a.yaml', status: 'modified', sha: SHA };

describe('a file of a comparison', () => {
  it.each<[what: string, patch: string | undefined, kind: string]>([
    ['an edited file', '@@ -1,3 +1,3 @@\n a\n-b\n+c\n d', 'file'],
    [
      'an edited file without a last line break',
      '@@ -1,2 +1,2 @@\n a\n-b\n+c\n\\ No newline at end of file',
      'file',
    ],
    ['a new file', '@@ -0,0 +1,2 @@\n+a\n+b', 'file'],
    [
      'a file that was given its last line break',
      '@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a',
      'file',
    ],
    [
      'what may be a new link',
      '@@ -0,0 +1 @@\n+../base\n\\ No newline at end of file',
      'unknown',
    ],
    [
      'what may be a link in place of a file',
      '@@ -1,2 +1 @@\n-a\n-b\n+../base\n\\ No newline at end of file',
      'unknown',
    ],
    [
      'what may be a link of an odd name',
      '@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file',
      'unknown',
    ],
    [
      'a submodule that was moved on',
      `@@ -1 +1 @@\n-Subproject commit ${SHA}\n+Subproject commit ${SHA}`,
      'unknown',
    ],
    ['what GitHub does not show', undefined, 'unknown'],
  ])('is known for %s', (_, patch, kind) => {
    expect(toChangedFile({ ...file, patch }).kind).toBe(kind);
  });

  it('is of unknown kind where GitHub says no more than that it changed', () => {
    const patch = '@@ -1,3 +1,3 @@\n a\n-b\n+c';
    expect(toChangedFile({ ...file, status: 'changed', patch })).toEqual({
      path: 'apps/a.yaml',
      movedFrom: undefined,
      removed: false,
      sha: SHA,
      kind: 'unknown',
    });
  });

  it('says where it was only if it is there no more', () => {
    const other = { ...file, previous_filename: 'apps/b.yaml' };
    expect(toChangedFile({ ...other, status: 'renamed' }).movedFrom).toBe(
      'apps/b.yaml',
    );
    expect(
      toChangedFile({ ...other, status: 'copied' }).movedFrom,
    ).toBeUndefined();
  });
});

describe('the summary of a commit', () => {
  const data: CommitData = {
    sha: SHA,
    html_url: 'https://github.test/c',
    commit: {
      message: 'title\r\n\r\nbody',
      author: { name: 'Octo Cat', date: '2026-11-24T00:00:00Z' },
    },
    author: { login: 'octocat' },
    parents: [{}],
  };

  it.each<[what: string, more: Partial<CommitData>, summary: object]>([
    ['one of a user', {}, { author: 'octocat', title: 'title', merge: false }],
    ['one of nobody on GitHub', { author: null }, { author: 'Octo Cat' }],
    [
      'one without an author',
      { author: null, commit: { message: '', author: null } },
      { author: '', title: '', authoredAt: '' },
    ],
    ['a merge', { parents: [{}, {}] }, { merge: true }],
    ['the first one', { parents: [] }, { merge: false }],
  ])('is made of %s', (_, more, summary) => {
    expect(toCommitSummary({ ...data, ...more })).toMatchObject(summary);
  });
});
