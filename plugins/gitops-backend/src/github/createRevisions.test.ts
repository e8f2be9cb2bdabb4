import { GithubServer } from '../__testUtils__/GithubServer';

describe('what a revision means', () => {
  let server: GithubServer;
  let first: string;
  let head: string;

  beforeEach(async () => {
    server = await GithubServer.start();
    first = server.git.commit({ 'apps/a.yaml': 'a: 1\n' });
    head = server.git.commit({ 'apps/a.yaml': 'a: 2\n' });
    server.git.branches.set('release/1', first);
    server.git.tags.set('v1.0', first);
  });

  afterEach(async () => {
    await server.close();
  });

  it.each<[what: string, revision: () => string, commit: () => string]>([
    ['a branch', () => 'main', () => head],
    ['a branch with a slash', () => 'release/1', () => first],
    ['a full ref', () => 'refs/heads/release/1', () => first],
    ['a tag', () => 'v1.0', () => first],
    ['the full ref of a tag', () => 'refs/tags/v1.0', () => first],
    ['HEAD', () => 'HEAD', () => head],
    ['a short SHA', () => first.slice(0, 7), () => first],
    ['a SHA', () => first, () => first],
  ])('is found for %s', async (_, revision, commit) => {
    await expect(server.client().resolve(revision())).resolves.toBe(commit());
  });

  it('costs a conditional request while it stays the same', async () => {
    const client = server.client();
    for (let look = 0; look < 3; look++) {
      await expect(client.resolve('v1.0')).resolves.toBe(first);
    }
    expect(server.takeCalls()).toEqual([
      'GET /commits/v1.0',
      'GET /commits/v1.0 304',
      'GET /commits/v1.0 304',
    ]);
  });

  it('costs one request for ever where it is a SHA', async () => {
    const client = server.client();
    await client.resolve(first);
    await client.resolve(first);
    expect(server.takeCalls()).toEqual(['GET /commits/SHA']);
  });

  it('moves with a tag that is moved, as an unprotected one can be', async () => {
    const client = server.client();
    await client.resolve('v1.0');
    server.git.tags.set('v1.0', head);
    await expect(client.resolve('v1.0')).resolves.toBe(head);
  });

  it.each([
    ['a branch that was deleted', 'release/1'],
    ['a tag that is gone', 'v1.0'],
    ['what never was', 'nowhere'],
  ])('is nothing for %s', async (_, revision) => {
    const client = server.client();
    await client.resolve(revision).catch(() => {});
    server.git.branches.delete('release/1');
    server.git.tags.delete('v1.0');
    await expect(client.resolve(revision)).rejects.toMatchObject({
      name: 'NotFoundError',
      message: `There is no branch, tag or commit ${revision} in demo/infra that the token may see`,
    });
    server.git.branches.set(revision, head);
    await expect(client.resolve(revision)).resolves.toBe(head);
  });

  it.each([
    'application/vnd.github.sha; charset=utf-8',
    'application/vnd.github.sha',
    'text/plain',
  ])('is read from an answer of type %s', async type => {
    server.intercept = () => ({
      status: 200,
      headers: { 'content-type': type },
      body: Buffer.from(first),
    });
    await expect(server.client().resolve('main')).resolves.toBe(first);
  });

  it('is unknown where something else answers', async () => {
    server.intercept = () => ({
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: Buffer.from('<html>'),
    });
    await expect(server.client().resolve('main')).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
    });
  });

  describe('the head of the deployed branch', () => {
    it.each<[what: string, happen: () => string]>([
      ['was pushed to', () => server.git.commit({ 'apps/a.yaml': 'a: 3\n' })],
      [
        'was moved back by force',
        () => {
          server.git.branches.set('main', first);
          return first;
        },
      ],
    ])('is the new one when it %s', async (_, happen) => {
      const client = server.client();
      await client.head();
      const expected = happen();
      await expect(client.head()).resolves.toBe(expected);
      await expect(client.head()).resolves.toBe(expected);
      expect(server.takeCalls()[2]).toBe('GET /git/ref/heads/main 304');
    });

    it.each<[where: string, commit: () => string]>([
      ['elsewhere', () => first],
      ['where it was', () => head],
    ])(
      'is found when the branch was deleted and made again %s',
      async (_, at) => {
        const client = server.client();
        await client.head();
        server.git.branches.delete('main');
        await expect(client.head()).rejects.toMatchObject({
          name: 'NotFoundError',
        });
        server.git.branches.set('main', at());
        await expect(client.head()).resolves.toBe(at());
      },
    );

    it('is not taken from a slow answer that was overtaken', async () => {
      const client = server.client();
      let letGo = () => {};
      const gate = new Promise<void>(resolve => {
        letGo = resolve;
      });
      let arrive = () => {};
      const arrived = new Promise<void>(resolve => {
        arrive = resolve;
      });
      const before = head;
      server.intercept = async () => {
        arrive();
        server.intercept = () => {};
        await gate;
        return {
          status: 200,
          headers: { etag: '"before"' },
          json: { ref: 'refs/heads/main', object: { sha: before } },
        };
      };
      const slow = client.head();
      await arrived;
      const pushed = server.git.commit({ 'apps/a.yaml': 'a: 3\n' });
      await expect(client.head()).resolves.toBe(pushed);
      letGo();
      await expect(slow).resolves.toBe(before);
      await expect(client.head()).resolves.toBe(pushed);
    });
  });
});
