import type { Sandbox } from '../Sandbox';
import { REPOSITORY_ROOT, readWorkingTree } from '../seed/workingTree';
import { Answer, ask } from '../testing/client';
import { registerSandboxSuite } from '../testing/sandboxSuite';

const LOCAL = 'apps/demo/overlays/local/kustomization.yaml';
const STAGE = 'apps/demo/overlays/stage/kustomization.yaml';

describe('the stand-in for GitHub', () => {
  let sandbox: Sandbox;

  registerSandboxSuite(started => {
    sandbox = started;
  });

  async function api(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer> {
    return ask(`${sandbox.urls.github}/repos/demo/gitops-infra${path}`, {
      method,
      token: sandbox.tokens.github,
      body,
      headers,
    });
  }

  async function page(path: string): Promise<Answer> {
    return ask(`${sandbox.urls.repository}${path}`, {
      headers: { accept: 'text/html' },
    });
  }

  async function openPull(branch = 'promote/stage'): Promise<Answer> {
    await sandbox.commit({ [STAGE]: 'changed\n' }, 'Change', { branch });
    return api('POST', '/pulls', {
      title: 'Title',
      body: 'Body',
      head: branch,
      base: 'main',
    });
  }

  it('begins with the working tree, as a fork has it', async () => {
    const files = await readWorkingTree(REPOSITORY_ROOT);

    expect(await sandbox.readFile(STAGE)).toBe(files.get(STAGE));
    expect(await sandbox.readFile('bootstrap/demo-application.yaml')).toContain(
      `repoURL: ${sandbox.urls.repository}\n`,
    );
    expect(await sandbox.readFile('catalog-info.yaml')).toContain(
      `url:${sandbox.urls.repository}/tree/main/`,
    );
  });

  it('has a past in which stage fell behind', async () => {
    const { json: commits } = await api('GET', '/commits');
    const { json: stage } = await api('GET', `/commits?path=${STAGE}`);
    const [newest, oldest] = [commits[0], commits[commits.length - 1]];

    expect(commits.length).toBeGreaterThanOrEqual(5);
    expect(newest.commit.message).toMatch(/^demo \S+ to local$/);
    expect(Date.parse(oldest.commit.author.date)).toBeLessThan(
      Date.parse(newest.commit.author.date),
    );
    expect(stage).toHaveLength(2);
    expect(newest.html_url).toBe(
      `${sandbox.urls.repository}/commit/${newest.sha}`,
    );
  });

  it('answers 304 to a conditional request until something changes', async () => {
    const first = await api('GET', '/git/ref/heads/main');
    const etag = String(first.headers.get('etag'));
    const again = await api('GET', '/git/ref/heads/main', undefined, {
      'if-none-match': etag,
    });
    await sandbox.commit({ 'a.txt': 'a' }, 'Change');
    const changed = await api('GET', '/git/ref/heads/main', undefined, {
      'if-none-match': etag,
    });

    expect([first.status, again.status, changed.status]).toEqual([
      200, 304, 200,
    ]);
    expect(again.text).toBe('');
    expect(changed.headers.get('etag')).not.toBe(etag);
  });

  it('gives raw content by Accept', async () => {
    const { text } = await api('GET', `/contents/${LOCAL}`, undefined, {
      accept: 'application/vnd.github.raw',
    });

    expect(text).toBe(await sandbox.readFile(LOCAL));
  });

  it('says which commit a branch, a tag, a short SHA or HEAD means', async () => {
    const head = await sandbox.head();
    await api('POST', '/git/refs', { ref: 'refs/tags/v1/x', sha: head });
    const revisions = ['main', 'v1%2Fx', 'HEAD', head!.slice(0, 7), head];
    const answers = await Promise.all(
      revisions.map(revision =>
        api('GET', `/commits/${revision}`, undefined, {
          accept: 'application/vnd.github.sha',
        }),
      ),
    );
    const unknown = await api('GET', '/commits/no%2Fsuch');

    expect(answers.map(({ text }) => text)).toEqual(revisions.map(() => head));
    expect(answers[0].headers.get('etag')).toBeTruthy();
    expect(unknown).toMatchObject({
      status: 422,
      json: { message: 'No commit found for SHA: no/such' },
    });
  });

  it('takes a branch, a commit and a pull request from a client', async () => {
    const head = await sandbox.head();
    const { json: base } = await api('GET', `/git/commits/${head}`);
    const { json: tree } = await api('POST', '/git/trees', {
      base_tree: base.tree.sha,
      tree: [{ path: STAGE, mode: '100644', type: 'blob', content: 'a\r\n' }],
    });
    const { json: commit } = await api('POST', '/git/commits', {
      message: 'Promote',
      tree: tree.sha,
      parents: [head],
    });
    const made = await api('POST', '/git/refs', {
      ref: 'refs/heads/p/s',
      sha: commit.sha,
    });
    const twice = await api('POST', '/git/refs', {
      ref: 'refs/heads/p/s',
      sha: commit.sha,
    });
    const back = await api('PATCH', '/git/refs/heads/p/s', { sha: head });
    const pull = await api('POST', '/pulls', {
      title: 'T',
      head: 'p/s',
      base: 'main',
    });
    const { json: comparison } = await api(
      'GET',
      `/compare/${head}...${commit.sha}`,
    );
    const listed = await api(
      'GET',
      '/pulls?state=open&head=demo:p/s&base=main',
    );

    expect([made.status, twice.status, back.status, pull.status]).toEqual([
      201, 422, 422, 201,
    ]);
    expect(pull.json.html_url).toBe(`${sandbox.urls.repository}/pull/1`);
    expect(comparison).toMatchObject({ ahead_by: 1, behind_by: 0 });
    expect(listed.json).toHaveLength(1);
    expect(await sandbox.readFile(STAGE, 'p/s')).toBe('a\r\n');
  });

  it('refuses a second pull request for the same branches', async () => {
    const first = await openPull();
    const second = await api('POST', '/pulls', {
      title: 'Again',
      head: 'demo:promote/stage',
      base: 'main',
    });

    expect(first.status).toBe(201);
    expect(second.status).toBe(422);
    expect(second.json).toMatchObject({
      message: 'Validation Failed',
      errors: [
        {
          resource: 'PullRequest',
          code: 'custom',
          message: 'A pull request already exists for demo:promote/stage.',
        },
      ],
    });
  });

  it('lets one of two pull requests opened at once through', async () => {
    await sandbox.commit({ [STAGE]: 'changed\n' }, 'Change', { branch: 'b' });
    const answers = await Promise.all(
      ['One', 'Two'].map(title =>
        api('POST', '/pulls', { title, head: 'b', base: 'main' }),
      ),
    );

    expect(answers.map(({ status }) => status).sort()).toEqual([201, 422]);
  });

  it.each([
    [
      'a branch that is not there',
      'nowhere',
      { field: 'head', code: 'invalid' },
    ],
    [
      'nothing to merge',
      'main-copy',
      { message: 'No commits between main and main-copy' },
    ],
  ])('refuses a pull request from %s', async (_, head, error) => {
    await api('POST', '/git/refs', {
      ref: 'refs/heads/main-copy',
      sha: await sandbox.head(),
    });
    const answer = await api('POST', '/pulls', {
      title: 'T',
      head,
      base: 'main',
    });

    expect(answer.status).toBe(422);
    expect(answer.json.errors).toEqual([expect.objectContaining(error)]);
  });

  it('shows a pull request with the head that its branch has now', async () => {
    await openPull();
    const moved = await sandbox.commit({ [STAGE]: 'again\n' }, 'Again', {
      branch: 'promote/stage',
    });
    const { json: pull } = await api('GET', '/pulls/1');
    const { json: files } = await api('GET', '/pulls/1/files');

    expect(pull).toMatchObject({
      head: { sha: moved },
      mergeable: true,
      changed_files: 1,
      commits: 2,
    });
    expect(files).toEqual([
      expect.objectContaining({ filename: STAGE, status: 'modified' }),
    ]);
  });

  it('merges only the head that was looked at', async () => {
    const opened = await openPull();
    await sandbox.commit({ [STAGE]: 'again\n' }, 'Again', {
      branch: 'promote/stage',
    });
    const stale = await api('PUT', '/pulls/1/merge', {
      sha: opened.json.head.sha,
    });

    expect(stale.status).toBe(409);
    expect(stale.json.message).toBe(
      'Head branch was modified. Review and try the merge again.',
    );
    expect((await sandbox.pulls())[0].state).toBe('open');
  });

  it('keeps what was pushed to the base since', async () => {
    const opened = await openPull();
    const pushed = await sandbox.commit({ [LOCAL]: 'pushed\n' }, 'Push');
    const merged = await api('PUT', '/pulls/1/merge', {
      sha: opened.json.head.sha,
    });
    const { json: commit } = await api('GET', `/commits/${merged.json.sha}`);
    const { json: pull } = await api('GET', '/pulls/1');

    expect(merged).toMatchObject({ status: 200, json: { merged: true } });
    expect(await sandbox.head()).toBe(merged.json.sha);
    expect(await sandbox.readFile(LOCAL)).toBe('pushed\n');
    expect(await sandbox.readFile(STAGE)).toBe('changed\n');
    expect(commit.parents.map(({ sha }: { sha: string }) => sha)).toEqual([
      pushed,
      opened.json.head.sha,
    ]);
    expect(pull).toMatchObject({
      merged: true,
      state: 'closed',
      merge_commit_sha: merged.json.sha,
      head: { sha: opened.json.head.sha },
    });
  });

  describe('where the base moved on, and another pull request that was made on an old one was merged', () => {
    // The base has the old commit nearer by than the one that is joined.
    const joined = async () => {
      await openPull();
      await sandbox.commit({ 'OTHER.md': 'other\n' }, 'Other', {
        branch: 'other',
      });
      await api('POST', '/pulls', {
        title: 'Other',
        head: 'other',
        base: 'main',
      });
      for (const text of ['1', '2', '3', '4']) {
        await sandbox.commit({ [LOCAL]: `${text}\n` }, text);
      }
      const base = await sandbox.head();
      const branch = await api('GET', '/git/ref/heads/promote/stage');
      const [{ json: onto }, { json: own }] = await Promise.all(
        [base, branch.json.object.sha].map(sha =>
          api('GET', `/git/commits/${sha}`),
        ),
      );
      const tree = await api('POST', '/git/trees', {
        base_tree: onto.tree.sha,
        tree: [
          { path: STAGE, mode: '100644', type: 'blob', content: 'changed\n' },
        ],
      });
      const commit = await api('POST', '/git/commits', {
        message: 'Join',
        tree: tree.json.sha,
        parents: [own.sha, base],
      });
      await api('PATCH', '/git/refs/heads/promote/stage', {
        sha: commit.json.sha,
      });
      for (const text of ['5', '6', '7', '8']) {
        await sandbox.commit({ [LOCAL]: `${text}\n` }, text);
      }
      await api('PUT', '/pulls/2/merge', {});
      await sandbox.commit({ [LOCAL]: '9\n' }, '9');
      return { base, head: commit.json.sha as string };
    };
    const files = async (path: string) => {
      const { json } = await api('GET', path);
      return (Array.isArray(json) ? json : json.files).map(
        ({ filename }: { filename: string }) => filename,
      );
    };

    it('compares with what was joined', async () => {
      const { base, head } = await joined();
      const main = await sandbox.head();
      const { json } = await api('GET', `/compare/${main}...${head}`);
      expect(json.merge_base_commit.sha).toBe(base);
      expect(json).toMatchObject({ status: 'diverged', ahead_by: 2 });
      expect(await files(`/compare/${main}...${head}`)).toEqual([STAGE]);
    });

    it('shows what the pull request changes, and merges that alone', async () => {
      await joined();
      const { json: pull } = await api('GET', '/pulls/1');
      expect(pull).toMatchObject({ mergeable: true, changed_files: 1 });
      expect(await files('/pulls/1/files')).toEqual([STAGE]);
      await api('PUT', '/pulls/1/merge', {});
      expect(await sandbox.readFile(LOCAL)).toBe('9\n');
      expect(await sandbox.readFile(STAGE)).toBe('changed\n');
    });

    it.each([
      ['merged', () => api('PUT', '/pulls/1/merge', {})],
      ['closed', () => api('PATCH', '/pulls/1', { state: 'closed' })],
      [
        'closed with its branch',
        () => api('DELETE', '/git/refs/heads/promote/stage'),
      ],
    ])('shows the same once the pull request is %s', async (_, end) => {
      const { head } = await joined();
      await end();
      await api('DELETE', '/git/refs/heads/promote/stage');
      await sandbox.commit({ [LOCAL]: '10\n' }, '10');
      const { json: pull } = await api('GET', '/pulls/1');
      expect(pull).toMatchObject({ state: 'closed', head: { sha: head } });
      expect(await files('/pulls/1/files')).toEqual([STAGE]);
    });
  });

  it('refuses to merge what conflicts, and what is merged', async () => {
    await openPull();
    await sandbox.commit({ [STAGE]: 'otherwise\n' }, 'Push');
    const { json: pull } = await api('GET', '/pulls/1');
    const conflicting = await api('PUT', '/pulls/1/merge', {});
    await sandbox.commit({ [STAGE]: 'changed\n' }, 'Agree');
    const merged = await api('PUT', '/pulls/1/merge', {});
    const twice = await api('PUT', '/pulls/1/merge', {});

    expect(pull).toMatchObject({ mergeable: false, mergeable_state: 'dirty' });
    expect([conflicting.status, merged.status, twice.status]).toEqual([
      405, 200, 405,
    ]);
  });

  it('closes a pull request with its branch', async () => {
    await openPull();
    const deleted = await api('DELETE', '/git/refs/heads/promote/stage');

    expect(deleted.status).toBe(204);
    expect((await sandbox.pulls())[0]).toMatchObject({
      state: 'closed',
      merged: false,
    });
  });

  it('has pages for people', async () => {
    const pull = await openPull();
    const head = await sandbox.head();
    const pages = await Promise.all(
      [
        '',
        '/pull/1',
        '/commits/main',
        `/commit/${head}`,
        `/blob/main/${STAGE}`,
        `/blob/promote/stage/${STAGE}`,
        '/tree/main/apps',
        '/nothing',
      ].map(page),
    );

    expect(pull.json.html_url).toBe(`${sandbox.urls.repository}/pull/1`);
    expect(pages.map(({ status }) => status)).toEqual([
      200, 200, 200, 200, 200, 200, 200, 404,
    ]);
    expect(
      pages.every(({ text }) => text.includes('<strong>Sandbox</strong>')),
    ).toBe(true);
    expect(pages[1].text).toContain('>+changed</span>');
    expect(pages[4].text).toContain('id="L1"');
    expect(pages[5].text).toContain('changed');
  });

  it('writes what a pull request says as text', async () => {
    await sandbox.commit({ [STAGE]: 'changed\n' }, 'Change', { branch: 'b' });
    await api('POST', '/pulls', {
      title: '<script>1</script>',
      body: '<b>',
      head: 'b',
      base: 'main',
    });
    const { text } = await page('/pull/1');

    expect(text).toContain('&lt;script&gt;1&lt;/script&gt;');
    expect(text).not.toContain('<script>1');
  });

  it('merges by the button, but not for another site', async () => {
    await openPull();
    const url = `${sandbox.urls.repository}/pull/1/merge`;
    const foreign = await ask(url, {
      method: 'POST',
      headers: { origin: 'http://elsewhere.example' },
    });
    const own = await ask(url, {
      method: 'POST',
      headers: { origin: sandbox.urls.github },
    });

    expect([foreign.status, own.status]).toEqual([403, 303]);
    expect((await sandbox.pulls())[0].merged).toBe(true);
  });

  it('refuses other tokens, and every token on request', async () => {
    const wrong = await ask(`${sandbox.urls.github}/repos/demo/gitops-infra`, {
      token: 'wrong',
    });
    sandbox.setGithub({ tokenRefused: true });
    const refused = await api('GET', '');
    sandbox.setGithub({ tokenRefused: false });
    const accepted = await api('GET', '');

    expect([wrong.status, refused.status, accepted.status]).toEqual([
      401, 401, 200,
    ]);
    expect(refused.json.message).toBe('Bad credentials');
  });

  it('reaches its rate limit on request', async () => {
    sandbox.setGithub({ rateLimited: true });
    const answer = await api('GET', '');

    expect(answer.status).toBe(403);
    expect(answer.headers.get('x-ratelimit-remaining')).toBe('0');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('goes down and comes back', async () => {
    sandbox.setGithub({ down: true });
    await expect(api('GET', '')).rejects.toThrow('fetch failed');
    sandbox.setGithub({ down: false });

    expect((await api('GET', '')).status).toBe(200);
  });

  it('is as in the beginning after a reset', async () => {
    const before = await sandbox.readFile(STAGE);
    await openPull();
    await sandbox.merge(1);
    sandbox.setGithub({ tokenRefused: true });
    await sandbox.reset();

    expect(await sandbox.readFile(STAGE)).toBe(before);
    expect(await sandbox.pulls()).toEqual([]);
    expect((await api('GET', '')).status).toBe(200);
  });
});
