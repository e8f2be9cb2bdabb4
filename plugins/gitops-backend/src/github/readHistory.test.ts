import { GithubServer } from '../__testUtils__/GithubServer';
import { readHistory } from './readHistory';

const COMPARE = 'GET /compare/SHA...SHA';
const COMMIT = 'GET /commits/SHA';
const STAGE = 'apps/demo/overlays/stage/kustomization.yaml';

describe('readHistory', () => {
  let server: GithubServer;
  let base: string;

  beforeEach(async () => {
    server = await GithubServer.start();
    base = server.git.commit({ [STAGE]: 'a: 1\n', 'apps/old.yaml': 'o: 1\n' });
  });

  afterEach(async () => {
    await server.close();
  });

  const commit = (...args: Parameters<GithubServer['git']['commit']>) =>
    server.git.commit(...args);

  it('of one commit needs the comparison alone', async () => {
    const head = commit(
      {
        [STAGE]: 'a: 2\n',
        'apps/old.yaml': null,
        'apps/new.yaml': 'o: 1\n',
        'README.md': 'r',
      },
      { message: 'promote(demo): local → stage\n\nbody' },
    );
    const history = await readHistory(server.client(), base, head);
    expect(history).toEqual({
      aheadBy: 1,
      behindBy: 0,
      truncated: false,
      commits: [
        {
          sha: head,
          title: 'promote(demo): local → stage',
          author: 'octocat',
          authoredAt: '2026-11-24T00:00:00Z',
          url: `http://${server.host}/demo/infra/commit/${head}`,
          paths: expect.any(Array),
        },
      ],
    });
    expect(history.commits[0].paths.sort()).toEqual([
      STAGE,
      'apps/new.yaml',
      'apps/old.yaml',
    ]);
    expect(server.takeCalls()).toEqual([COMPARE]);
  });

  it('of several commits is theirs, newest first, without merges', async () => {
    const one = commit({ [STAGE]: 'a: 2\n' });
    const two = commit({ [STAGE]: 'a: 1\n' }, { branch: 'side' });
    const three = commit({ 'docs/a.md': 'd' }, { branch: 'side' });
    const merge = server.git.merge('side');
    const history = await readHistory(server.client(), base, merge);
    expect(history.aheadBy).toBe(4);
    expect(history.commits.map(({ sha, paths }) => [sha, paths])).toEqual([
      [three, []],
      [two, [STAGE]],
      [one, [STAGE]],
    ]);
    expect(server.takeCalls()).toEqual([COMPARE, COMMIT, COMMIT, COMMIT]);
  });

  it('asks for what never changes once', async () => {
    const client = server.client();
    const one = commit({ [STAGE]: 'a: 2\n' });
    const two = commit({ [STAGE]: 'a: 3\n' });
    await readHistory(client, base, two);
    await readHistory(client, base, two);
    expect(server.takeCalls()).toEqual([COMPARE, COMMIT, COMMIT]);
    const three = commit({ [STAGE]: 'a: 4\n' });
    await readHistory(client, base, three);
    expect(server.takeCalls()).toEqual([COMPARE, COMMIT]);
    await readHistory(client, one, three);
    expect(server.takeCalls()).toEqual([COMPARE]);
  });

  it('looks at 50 commits and says that there are more', async () => {
    const shas = Array.from({ length: 60 }, (_, index) =>
      commit({ [STAGE]: `a: ${index + 2}\n` }),
    );
    const history = await readHistory(server.client(), base, shas[59]);
    expect(history.aheadBy).toBe(60);
    expect(history.truncated).toBe(true);
    expect(history.commits.map(({ sha }) => sha)).toEqual(
      shas.slice(10).reverse(),
    );
    expect(server.takeCalls()).toHaveLength(51);
  });

  it('of more commits than GitHub lists at once is that of the newest', async () => {
    const shas = Array.from({ length: 320 }, (_, index) =>
      commit({ [STAGE]: `a: ${index + 2}\n` }),
    );
    const client = server.client();
    const comparison = await client.compare(base, shas[319]);
    expect(comparison.complete).toBe(false);
    expect(comparison.commits.map(({ sha }) => sha)).toEqual(
      shas.slice(200).reverse(),
    );
    const history = await readHistory(client, base, shas[319]);
    expect(history).toMatchObject({ aheadBy: 320, truncated: true });
    expect(history.commits[0].sha).toBe(shas[319]);
    expect(server.takeCalls()).toHaveLength(3 + 50);
  });

  it('of a revision that the branch has no more says how far both went', async () => {
    const gone = commit({ [STAGE]: 'a: 2\n' });
    const head = commit({ 'apps/x.yaml': 'x: 1\n' }, { parents: [base] });
    await expect(
      readHistory(server.client(), gone, head),
    ).resolves.toMatchObject({
      aheadBy: 1,
      behindBy: 1,
      commits: [{ sha: head, paths: ['apps/x.yaml'] }],
    });
  });

  it('of nothing is nothing', async () => {
    await expect(readHistory(server.client(), base, base)).resolves.toEqual({
      aheadBy: 0,
      behindBy: 0,
      commits: [],
      truncated: false,
    });
  });

  it('reads every page of a commit that changes many files', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 700 }, (_, index) => [
        `apps/s${index}/kustomization.yaml`,
        `a: ${index}\n`,
      ]),
    );
    const head = commit(many);
    const history = await readHistory(server.client(), base, head);
    expect(new Set(history.commits[0].paths)).toEqual(
      new Set(Object.keys(many)),
    );
    expect(server.takeCalls()).toEqual([COMPARE, COMMIT, COMMIT, COMMIT]);
  });

  it('says that a commit is unknown, and asks again the next time', async () => {
    const client = server.client();
    const unknown = 'e'.repeat(40);
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(readHistory(client, unknown, base)).rejects.toMatchObject({
        name: 'NotFoundError',
      });
    }
    expect(server.takeCalls()).toEqual([`${COMPARE} 404`, `${COMPARE} 404`]);
  });
});
