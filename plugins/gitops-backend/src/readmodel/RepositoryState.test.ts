import { mockServices } from '@backstage/backend-test-utils';
import { FakeGithub } from '../__testUtils__/FakeGithub';
import { MemoryUpstreamStore } from '../__testUtils__/MemoryUpstreamStore';
import { RepositoryState } from './RepositoryState';
import { Side } from './Side';

const URL = 'https://github.test/demo/gitops-infra';

const application = (
  service: string,
  environment: string,
  targetRevision = 'main',
) => `
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: ${service}-${environment}, namespace: argocd }
spec:
  source: { repoURL: ${URL}, path: apps/${service}/overlays/${environment}, targetRevision: ${targetRevision} }
`;

const overlayPath = (service: string, environment: string) =>
  `apps/${service}/overlays/${environment}/kustomization.yaml`;

const overlay = (tag: string) =>
  `resources: [../../base]\nimages: [{name: demo, newTag: "${tag}"}]\n`;

describe('RepositoryState', () => {
  let store: MemoryUpstreamStore;
  let github: FakeGithub;
  let changes: string[][];

  beforeEach(() => {
    store = new MemoryUpstreamStore();
    changes = [];
    github = new FakeGithub({
      'bootstrap/demo-stage.yaml': application('demo', 'stage'),
      'bootstrap/shop-stage.yaml': application('shop', 'stage'),
      [overlayPath('demo', 'stage')]: overlay('1.4.1'),
      'apps/demo/base/kustomization.yaml': 'resources: []\n',
      [overlayPath('shop', 'stage')]: overlay('2.0.0'),
    });
  });

  /** A process with its copy of what is known of the repository. */
  function createProcess(): RepositoryState {
    const state = new RepositoryState({
      config: { url: URL, owner: 'demo', name: 'gitops-infra', branch: 'main' },
      github,
      side: new Side(60_000),
      store,
      logger: mockServices.logger.mock(),
    });
    state.onChange(({ services, own }) => {
      if (own) {
        changes.push([...services].sort());
      }
    });
    return state;
  }

  async function catchUp({ mirror }: RepositoryState): Promise<void> {
    const head = (await store.heads()).get(mirror.upstream);
    if (head) {
      await mirror.catchUp(head);
    }
  }

  const environment = (state: RepositoryState, service = 'demo') =>
    state.topology.environments(service)[0];

  const version = (state: RepositoryState, service = 'demo') =>
    state.overlayOf(environment(state, service)).pins[0]?.version.tag;

  it('knows the services and their overlays at the head', async () => {
    const state = createProcess();
    expect(state.snapshot).toBeUndefined();
    await state.refresh();
    expect(state.topology.services).toEqual(['demo', 'shop']);
    expect(version(state)).toBe('1.4.1');
    expect(state.ref()).toEqual({
      url: URL,
      slug: 'demo/gitops-infra',
      branch: 'main',
      head: github.branches.get('main'),
    });
  });

  it('writes nothing while the head stays where it is', async () => {
    const state = createProcess();
    await state.refresh();
    await state.refresh();
    expect(store.calls.append).toBe(1);
  });

  it('has after a restart what was known before, while GitHub is away', async () => {
    await createProcess().refresh();
    github.failNext('head', new Error('away'));
    const restarted = createProcess();
    await catchUp(restarted);
    expect(version(restarted)).toBe('1.4.1');
    expect(restarted.side.freshness(new Date()).readAt).toBeDefined();
    await expect(restarted.refresh()).rejects.toThrow('away');
    expect(version(restarted)).toBe('1.4.1');
  });

  it('shows what was known before an update that follows more, and reads that although the head is the same', async () => {
    await createProcess().refresh();
    const { mirror } = createProcess();
    const { sequence, entries } = await store.entriesAfter(mirror.upstream, 0);
    const revision = entries.find(({ key }) => key === 'revision:main')!;
    await store.append(
      mirror.upstream,
      sequence,
      [{ ...revision, value: { ...(revision.value as object), version: 1 } }],
      new Date(),
    );
    const updated = createProcess();
    await catchUp(updated);
    expect(version(updated)).toBe('1.4.1');
    const tree = jest.spyOn(github, 'tree');
    await updated.refresh();
    await updated.refresh();
    expect(tree).toHaveBeenCalledTimes(1);
    expect(version(updated)).toBe('1.4.1');
  });

  it('shows in one process what another read', async () => {
    const [one, other] = [createProcess(), createProcess()];
    await one.refresh();
    github.commit({ [overlayPath('demo', 'stage')]: overlay('1.4.2') });
    await catchUp(other);
    await other.refresh();
    expect(version(one)).toBe('1.4.1');
    await catchUp(one);
    expect(version(one)).toBe('1.4.2');
    // What the other has written is not read again.
    await one.refresh();
    expect(store.calls.append).toBe(2);
  });

  it('keeps the newest of what two processes read at once', async () => {
    const [one, other] = [createProcess(), createProcess()];
    await one.refresh();
    await catchUp(other);
    github.commit({ [overlayPath('demo', 'stage')]: overlay('1.4.2') });
    await Promise.all([one.refresh(), other.refresh()]);
    await Promise.all([one, other].map(catchUp));
    expect([one, other].map(state => version(state))).toEqual([
      '1.4.2',
      '1.4.2',
    ]);
  });

  describe('tells of', () => {
    const changed = async (
      files: Record<string, string>,
    ): Promise<string[]> => {
      const state = createProcess();
      await state.refresh();
      github.commit(files);
      changes = [];
      await state.refresh();
      expect(changes).toHaveLength(1);
      return changes[0];
    };

    it.each<[what: string, files: Record<string, string>, services: string[]]>([
      [
        'the service whose overlay changed',
        { [overlayPath('demo', 'stage')]: overlay('1.4.2') },
        ['demo'],
      ],
      [
        'the service whose base changed',
        { 'apps/demo/base/kustomization.yaml': 'resources: [x.yaml]\n' },
        ['demo'],
      ],
      [
        'the service that is declared differently',
        { 'bootstrap/shop-stage.yaml': application('shop', 'prod') },
        ['shop'],
      ],
      [
        'a service that is new',
        { 'bootstrap/web.yaml': application('web', 'stage') },
        ['web'],
      ],
      [
        'every service, where a file belongs to none',
        { 'apps/shared/kustomization.yaml': 'resources: []\n' },
        ['demo', 'shop'],
      ],
      ['no service, where nothing that is read changed', { 'x.md': 'x' }, []],
    ])('%s', async (_, files, services) => {
      expect(await changed(files)).toEqual(services);
    });
  });

  describe('an environment that deploys another revision', () => {
    const tagged = (revision: string) =>
      github.commit({
        'bootstrap/demo-stage.yaml': application('demo', 'stage', revision),
      });

    it('has the overlay there, and its own head', async () => {
      github.branches.set('v1', github.branches.get('main')!);
      tagged('v1');
      github.commit({ [overlayPath('demo', 'stage')]: overlay('1.5.0') });
      const state = createProcess();
      await state.refresh();
      expect(version(state)).toBe('1.4.1');
      expect(state.refOf(environment(state), state.ref()!)).toMatchObject({
        branch: 'v1',
        head: github.branches.get('v1'),
      });
      expect(version(state, 'shop')).toBe('2.0.0');
    });

    it('follows when the revision moves, and survives a restart', async () => {
      github.branches.set('v1', github.branches.get('main')!);
      tagged('v1');
      const state = createProcess();
      await state.refresh();
      github.branches.set(
        'v1',
        github.commit({ [overlayPath('demo', 'stage')]: overlay('1.5.0') }),
      );
      github.commit({ [overlayPath('demo', 'stage')]: overlay('1.6.0') });
      await state.refresh();
      expect(version(state)).toBe('1.5.0');
      const restarted = createProcess();
      await catchUp(restarted);
      expect(version(restarted)).toBe('1.5.0');
    });

    it('takes HEAD for the default branch', async () => {
      tagged('HEAD');
      const state = createProcess();
      await state.refresh();
      github.commit({ [overlayPath('demo', 'stage')]: overlay('1.5.0') });
      await state.refresh();
      expect(version(state)).toBe('1.5.0');
    });

    it('lets HEAD be promoted to, asks once what it means, and shows it where it means another branch', async () => {
      tagged('HEAD');
      const asked = jest.spyOn(github, 'defaultBranch');
      const state = createProcess();
      await state.refresh();
      await state.refresh();
      const branchOf = (one: RepositoryState) =>
        one.refOf(environment(one), one.ref()!).branch;
      expect(branchOf(state)).toBe('main');
      expect(state.defaultBranch).toBe('main');
      expect(asked).toHaveBeenCalledTimes(1);

      github.branches.set('release', github.branches.get('main')!);
      github.commit({ [overlayPath('demo', 'stage')]: overlay('1.5.0') });
      github.default = 'release';
      const other = createProcess();
      await other.refresh();
      expect(branchOf(other)).toBe('HEAD');
      expect(version(other)).toBe('1.4.1');
      await catchUp(state);
      expect(branchOf(state)).toBe('HEAD');
    });

    it('keeps of another revision only what the services have that deploy it', async () => {
      const old = github.branches.get('main')!;
      github.branches.set('v1', old);
      github.commit({ [overlayPath('shop', 'stage')]: overlay('2.0.1') });
      tagged('v1');
      const state = createProcess();
      await state.refresh();
      const paths = [...state.snapshotOf(environment(state))!.files.keys()];
      expect(paths.every(path => path.startsWith('apps/demo/'))).toBe(true);
      expect(version(state)).toBe('1.4.1');
      // A service that comes to deploy it is read as well.
      github.commit({
        'bootstrap/shop-stage.yaml': application('shop', 'stage', 'v1'),
      });
      await state.refresh();
      expect(version(state, 'shop')).toBe('2.0.0');
    });

    it('takes the full name of the branch for the branch', async () => {
      tagged('refs/heads/main');
      const state = createProcess();
      await state.refresh();
      expect(state.refOf(environment(state), state.ref()!).branch).toBe('main');
    });

    it.each(['v1.*', '1.x', '>=1.0.0 <2.0.0', '^1.2', '~v1.2.0', '*'])(
      'says that %s is a range, and of no overlay that it is broken',
      async revision => {
        tagged(JSON.stringify(revision));
        const state = createProcess();
        await state.refresh();
        expect(state.overlayOf(environment(state))).toEqual({
          path: overlayPath('demo', 'stage'),
          pins: [],
          unread: `the revision ${revision} is a range of versions, and which tag that is Argo CD alone decides`,
        });
      },
    );

    it('says of a revision that it was not read yet, until it is', async () => {
      github.branches.set('v1', github.branches.get('main')!);
      tagged('v1');
      github.failNext('resolve', new Error('GitHub does not answer'));
      const state = createProcess();
      await expect(state.refresh()).rejects.toThrow('does not answer');
      expect(state.overlayOf(environment(state))).toEqual({
        path: overlayPath('demo', 'stage'),
        pins: [],
        unread: 'the revision v1 of demo/gitops-infra was not read yet',
      });
      await state.refresh();
      expect(state.overlayOf(environment(state)).unread).toBeUndefined();
    });

    it.each(['v9', 'rel-*', '1.2.3-x86', 'HEAD~1'])(
      'takes %s for no range',
      async revision => {
        tagged(JSON.stringify(revision));
        const state = createProcess();
        await state.refresh();
        expect(state.overlayOf(environment(state)).problem).toBeDefined();
      },
    );

    it('says so where there is no such revision, and heals when there is', async () => {
      tagged('v9');
      const state = createProcess();
      await state.refresh();
      expect(state.overlayOf(environment(state)).problem?.message).toBe(
        'the revision v9 is not in demo/gitops-infra',
      );
      expect(version(state, 'shop')).toBe('2.0.0');
      github.branches.set('v9', github.branches.get('main')!);
      await state.refresh();
      expect(version(state)).toBe('1.4.1');
    });
  });

  describe('how far a synced commit is behind', () => {
    const FULL = { aheadBy: 2, behindBy: 0, truncated: false };

    it('tells of the services that its commits change', async () => {
      const state = createProcess();
      await state.refresh();
      const synced = github.branches.get('main')!;
      github.commit({ [overlayPath('shop', 'stage')]: overlay('2.0.1') });
      await state.refresh();
      changes = [];
      await state.measure([
        { environment: environment(state), revision: synced },
      ]);
      expect(changes).toEqual([['shop']]);
    });

    it('is found out once, and known to every process', async () => {
      const state = createProcess();
      await state.refresh();
      const synced = github.branches.get('main')!;
      github.commit({ [overlayPath('shop', 'stage')]: overlay('2.0.1') });
      github.commit({ [overlayPath('demo', 'stage')]: overlay('1.4.2') });
      await state.refresh();
      const demo = environment(state);
      expect(state.distanceOf(demo, synced)).toBeUndefined();
      const all = [{ environment: demo, revision: synced }];
      await state.measure(all);
      expect(state.distanceOf(demo, synced)).toMatchObject(FULL);
      expect(
        state.distanceOf(demo, synced)?.commits.map(({ paths }) => paths),
      ).toEqual([
        [overlayPath('demo', 'stage')],
        [overlayPath('shop', 'stage')],
      ]);
      const written = store.calls.append;
      await state.measure(all);
      expect(store.calls.append).toBe(written);

      const other = createProcess();
      await catchUp(other);
      expect(other.distanceOf(environment(other), synced)).toMatchObject(FULL);
    });

    it('costs no more for a commit that comes later, however far behind it is', async () => {
      const state = createProcess();
      await state.refresh();
      const synced = github.branches.get('main')!;
      const demo = environment(state);
      const compare = jest.spyOn(github, 'compare');
      for (const tag of ['1.4.2', '1.4.3', '1.4.4']) {
        github.commit({ [overlayPath('demo', 'stage')]: overlay(tag) });
        await state.refresh();
        await state.measure([{ environment: demo, revision: synced }]);
      }
      expect(state.distanceOf(demo, synced)).toMatchObject({
        aheadBy: 3,
        commits: [{}, {}, {}],
      });
      // Each commit with the one before it: the client asks for that once.
      const ranges = compare.mock.calls.map(range => range.join('...'));
      expect(new Set(ranges).size).toBe(3);
    });

    it('is looked up anew where the branch was moved by force', async () => {
      const state = createProcess();
      await state.refresh();
      const synced = github.branches.get('main')!;
      const demo = environment(state);
      const all = [{ environment: demo, revision: synced }];
      github.commit({ [overlayPath('demo', 'stage')]: overlay('1.4.2') });
      await state.refresh();
      await state.measure(all);
      github.branches.set('main', synced);
      github.commit({ [overlayPath('demo', 'stage')]: overlay('1.5.0') });
      await state.refresh();
      await state.measure(all);
      expect(state.distanceOf(demo, synced)).toMatchObject({
        aheadBy: 1,
        behindBy: 0,
      });
    });

    it('is nothing at the head', async () => {
      const state = createProcess();
      await state.refresh();
      expect(
        state.distanceOf(environment(state), github.branches.get('main')!),
      ).toMatchObject({ aheadBy: 0, commits: [] });
    });

    it('is unknown, and not asked again, where the commit is gone', async () => {
      const state = createProcess();
      await state.refresh();
      const demo = environment(state);
      const gone = [{ environment: demo, revision: 'f'.repeat(40) }];
      await state.measure(gone);
      await state.measure(gone);
      expect(state.distanceOf(demo, 'f'.repeat(40))).toBeUndefined();
      expect(store.calls.append).toBe(2);
    });
  });
});
