import { NotAllowedError, NotFoundError } from '@backstage/errors';
import {
  PinChange,
  RegistryAnswer,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { Comparison } from '../github/comparison';
import { SourceRepository } from '../github/SourceRepositories';
import { ApplicationHistory } from './ApplicationHistory';

const OLD = 'a'.repeat(40);
const NEW = 'b'.repeat(40);
const URL = 'https://github.test/shop/web';
const REPOSITORY: SourceRepository = {
  url: URL,
  owner: 'shop',
  name: 'web',
  apiBaseUrl: 'https://api.github.test',
};

const change = (name = 'web'): PinChange => ({
  name,
  image: `r.test/${name}`,
  before: { tag: '1' },
  after: { tag: '2' },
  location: { path: 'x' },
});

const answerOf = (reference: string): RegistryAnswer => ({
  state: 'exists',
  facts: { source: URL, revision: reference.endsWith(':1') ? OLD : NEW },
});

const commits = (count: number, merge = false) =>
  Array.from({ length: count }, (_, index) => ({
    sha: `${index}`,
    title: `Commit ${index}`,
    author: 'jane',
    authoredAt: '2026-11-20T10:00:00Z',
    url: `${URL}/commit/${index}`,
    merge,
  }));

const comparison = (more: Partial<Comparison>): Comparison => ({
  aheadBy: more.commits?.length ?? 0,
  behindBy: 0,
  commits: [],
  complete: true,
  ...more,
});

/** Asks about a change, with what GitHub says of two commits, by `base...head`. */
function ask(
  comparisons: Record<string, Comparison | Error | 'silence'>,
  options: { found?: SourceRepository | Error; changes?: PinChange[] } = {},
) {
  const asked: string[] = [];
  const history = new ApplicationHistory(
    { of: answerOf },
    {
      find: () => {
        if (options.found instanceof Error) {
          throw options.found;
        }
        return 'found' in options ? options.found : REPOSITORY;
      },
      compare: async (_, base, head) => {
        asked.push(`${base}...${head}`);
        const answer = comparisons[`${base}...${head}`];
        if (answer instanceof Error) {
          throw answer;
        }
        return answer === 'silence' ? new Promise(() => {}) : answer;
      },
    },
    { timeoutMs: 50 },
  );
  return history
    .commitsOf(options.changes ?? [change()])
    .then(answer => ({ answer, asked }));
}

const FORWARD = `${OLD}...${NEW}`;
const BACK = `${NEW}...${OLD}`;

describe('ApplicationHistory', () => {
  it('lists the commits that a newer version brings', async () => {
    const { answer, asked } = await ask({
      [FORWARD]: comparison({ commits: commits(2) }),
    });
    expect(answer).toEqual([
      {
        name: 'web',
        url: `${URL}/compare/${FORWARD}`,
        added: {
          count: 2,
          commits: commits(2).map(({ merge: _, ...commit }) => commit),
        },
      },
    ]);
    expect(asked).toEqual([FORWARD]);
  });

  it('lists what an older version takes back', async () => {
    const { answer } = await ask({
      [FORWARD]: comparison({ behindBy: 3 }),
      [BACK]: comparison({ commits: commits(3) }),
    });
    expect(answer).toMatchObject([
      {
        url: `${URL}/compare/${BACK}`,
        added: { count: 0 },
        removed: { count: 3, commits: [{}, {}, {}] },
      },
    ]);
  });

  it('lists both where the versions are of branches that parted', async () => {
    const { answer } = await ask({
      [FORWARD]: comparison({ commits: commits(2), behindBy: 1 }),
      [BACK]: comparison({ commits: commits(1), behindBy: 2 }),
    });
    expect(answer).toMatchObject([
      {
        url: `${URL}/compare/${FORWARD}`,
        added: { count: 2 },
        removed: { count: 1 },
      },
    ]);
  });

  it('lists the first ten, without merges, and counts the others', async () => {
    const { answer } = await ask({
      [FORWARD]: comparison({ commits: [...commits(1, true), ...commits(30)] }),
    });
    expect(answer[0].added?.count).toBe(30);
    expect(answer[0].added?.commits).toHaveLength(10);
    const { answer: many } = await ask({
      [FORWARD]: comparison({
        commits: commits(100),
        aheadBy: 5_000,
        complete: false,
      }),
    });
    expect(many[0].added?.count).toBe(5_000);
  });

  it.each<[string, Comparison | Error | 'silence', string]>([
    [
      'has no such commits',
      new NotFoundError('shop/web does not have both commits'),
      'shop/web does not have both commits',
    ],
    ['is silent', 'silence', 'GitHub did not answer in time'],
  ])('says so where GitHub %s', async (_, said, unknown) => {
    const { answer } = await ask({ [FORWARD]: said });
    expect(answer).toEqual([{ name: 'web', unknown }]);
  });

  it('asks nobody about a source that is on no GitHub that is known', async () => {
    const { answer, asked } = await ask({}, { found: undefined });
    expect(answer).toEqual([
      {
        name: 'web',
        unknown: `${URL} is no repository of a GitHub in integrations.github`,
      },
    ]);
    expect(asked).toEqual([]);
  });

  it('asks nobody about a source that is not allowed', async () => {
    const { answer, asked } = await ask(
      {},
      { found: new NotAllowedError('it is not among the repositories') },
    );
    expect(answer).toEqual([
      { name: 'web', unknown: 'it is not among the repositories' },
    ]);
    expect(asked).toEqual([]);
  });

  it('asks about ten pins and no more', async () => {
    const { asked } = await ask(
      { [FORWARD]: comparison({}) },
      { changes: Array.from({ length: 50 }, (_, at) => change(`web-${at}`)) },
    );
    expect(asked).toHaveLength(10);
  });
});
