import { mockServices } from '@backstage/backend-test-utils';
import {
  DesiredHosts,
  InfraSnapshot,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { MemoryUpstreamStore } from '../__testUtils__/MemoryUpstreamStore';
import { Topology } from '../readmodel/Topology';
import { OverlayRenderer, OverlaySource, Rendering } from './OverlayRenderer';
import { RenderedHosts } from './RenderedHosts';
import { FollowedRepository, RenderingFollower } from './RenderingFollower';
import { renderingStatus } from './renderingStatus';

const NEVER = new AbortController().signal;
const URL = 'https://github.com/demo/infra';
const SECOND = 1_000;

const overlay = (service: string, environment: string) =>
  `apps/${service}/overlays/${environment}`;

const application = (service: string, environment: string) =>
  JSON.stringify({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: `${service}-${environment}` },
    spec: { source: { repoURL: URL, path: overlay(service, environment) } },
  });

/** A repository whose files a test changes. */
class FakeRepository implements FollowedRepository {
  readonly config = { url: URL, owner: 'demo', name: 'infra', branch: 'main' };
  topology = Topology.EMPTY;
  #snapshot?: InfraSnapshot;

  commit(changed: Record<string, string | undefined>): void {
    const files = new Map(this.#snapshot?.files);
    for (const [path, text] of Object.entries(changed)) {
      if (text === undefined) {
        files.delete(path);
      } else {
        files.set(path, text);
      }
    }
    this.#snapshot = { commit: `${files.size}`, files, unread: new Map() };
    this.topology = Topology.read(this.#snapshot, new Map());
  }

  snapshotOf(): InfraSnapshot | undefined {
    return this.#snapshot;
  }

  ref() {
    return (
      this.#snapshot && {
        url: URL,
        slug: 'demo/infra',
        branch: 'main',
        head: this.#snapshot.commit,
      }
    );
  }

  refOf(_: unknown, ref: NonNullable<ReturnType<FakeRepository['ref']>>) {
    return ref;
  }
}

/** Renders an Ingress with the overlay's name prefix for its host, and remembers what it was asked. */
class FakeRenderer implements OverlayRenderer {
  readonly asked: string[] = [];
  readonly answers = new Map<string, Rendering>();
  atATime = 0;
  #now = 0;

  async render({ overlayPath, files }: OverlaySource): Promise<Rendering> {
    this.asked.push(overlayPath);
    this.#now += 1;
    this.atATime = Math.max(this.atATime, this.#now);
    await new Promise(resolve => setImmediate(resolve));
    this.#now -= 1;
    const text = files.get(`${overlayPath}/kustomization.yaml`);
    const host = /namePrefix: (\S+)/.exec(text ?? '')?.[1];
    return (
      this.answers.get(overlayPath) ?? {
        output: `kind: Ingress\nspec:\n  rules:\n  - host: ${host}\n    http: {paths: [{path: /}]}\n`,
      }
    );
  }

  /** What was asked since the last time. */
  take(): string[] {
    return this.asked.splice(0).sort();
  }
}

describe('RenderingFollower', () => {
  const LOCAL = overlay('demo', 'local');
  const STAGE = overlay('demo', 'stage');
  let store: MemoryUpstreamStore;
  let repository: FakeRepository;
  let renderer: FakeRenderer;
  let time: number;

  beforeEach(() => {
    store = new MemoryUpstreamStore();
    repository = new FakeRepository();
    renderer = new FakeRenderer();
    time = 0;
    repository.commit({
      'bootstrap/local.yaml': application('demo', 'local'),
      'bootstrap/stage.yaml': application('demo', 'stage'),
      [`${LOCAL}/kustomization.yaml`]: 'namePrefix: local.test',
      [`${STAGE}/kustomization.yaml`]: 'namePrefix: stage.test',
    });
  });

  /** A process that renders. */
  function createProcess() {
    const hosts = new RenderedHosts(store);
    const announced: string[][] = [];
    const follower = new RenderingFollower({
      hosts,
      repositories: [repository],
      renderer,
      logger: mockServices.logger.mock(),
      announce: services => announced.push(services),
      now: () => time,
    });
    const catchUp = async () => {
      const head = (await store.heads()).get(hosts.mirror.upstream);
      if (head) {
        await hosts.mirror.catchUp(head);
      }
    };
    const shown = (): (DesiredHosts | undefined)[] =>
      repository.topology
        .environments('demo')
        .map(declared => hosts.of(repository, declared));
    /** Begins to render, until there is nothing to do. */
    const run = async () => {
      const stopped = new AbortController();
      await catchUp();
      const look = follower.look.bind(follower);
      jest.spyOn(follower, 'look').mockImplementationOnce(async signal => {
        try {
          return await look(signal);
        } finally {
          stopped.abort();
        }
      });
      await follower.run(stopped.signal);
    };
    const changed = async (files: Record<string, string | undefined>) => {
      repository.commit(files);
      follower.repositoryChanged(repository);
      await follower.look(NEVER);
    };
    const wait = async (milliseconds: number) => {
      time += milliseconds;
      await follower.look(NEVER);
    };
    const status = () => renderingStatus(hosts, [repository], new Date());
    return {
      hosts,
      announced,
      follower,
      catchUp,
      shown,
      run,
      changed,
      wait,
      status,
    };
  }

  it('renders every overlay once, for all processes and over restarts', async () => {
    const first = createProcess();
    expect(first.shown()).toEqual([undefined, undefined]);
    await first.run();
    expect(renderer.take()).toEqual([LOCAL, STAGE]);
    expect(first.shown()).toEqual([
      { known: ['local.test'] },
      { known: ['stage.test'] },
    ]);
    expect(first.announced).toEqual([['demo']]);

    const second = createProcess();
    await second.catchUp();
    expect(second.shown()).toEqual(first.shown());
    await second.run();
    expect(renderer.take()).toEqual([]);
    expect(second.announced).toEqual([]);
  });

  it('renders again what a version kept that read less of it', async () => {
    const { hosts, run } = createProcess();
    await run();
    renderer.take();
    await hosts.update(
      new Map(
        hosts.keys.map(key => {
          const kept = hosts.kept(key)!;
          return [key, { ...kept, inputs: kept.inputs?.replace(/^2:/, '') }];
        }),
      ),
    );
    await createProcess().run();
    expect(renderer.take()).toEqual([LOCAL, STAGE]);
  });

  it('renders again what is built from something else, and only that', async () => {
    const { run, changed, shown, follower } = createProcess();
    await run();
    renderer.take();
    const before = store.calls.append;
    await changed({
      [`${overlay('other', 'a')}/kustomization.yaml`]: 'images: []',
    });
    expect(renderer.take()).toEqual([]);
    expect(store.calls.append).toBe(before);

    repository.commit({
      [`${STAGE}/kustomization.yaml`]: 'namePrefix: b.test',
    });
    // What was rendered from something else does not hold.
    expect(shown()).toEqual([{ known: ['local.test'] }, undefined]);
    follower.repositoryChanged(repository);
    await follower.look(NEVER);
    expect(renderer.take()).toEqual([STAGE]);
    expect(shown()).toEqual([{ known: ['local.test'] }, { known: ['b.test'] }]);
  });

  it('renders again what is built on the folder of another service', async () => {
    const base = 'apps/other/base/kustomization.yaml';
    repository.commit({
      [`${STAGE}/kustomization.yaml`]: 'resources: [../../../other/base]',
      [base]: 'images: []',
    });
    const { run, changed } = createProcess();
    await run();
    renderer.take();
    await changed({ [base]: 'images: []\nnamespace: a' });
    expect(renderer.take()).toEqual([STAGE]);
  });

  it('says why an overlay is not rendered, without trying it', async () => {
    const { run, changed, shown } = createProcess();
    await run();
    renderer.take();
    await changed({
      [`${STAGE}/kustomization.yaml`]: 'resources: ["https://e.test/a"]',
      [`${LOCAL}/kustomization.yaml`]:
        'configMapGenerator: [{files: [a.txt]}]\nvars: [{name: A}]',
    });
    expect(renderer.take()).toEqual([]);
    expect(shown()).toEqual([
      { unknown: expect.stringContaining('a.txt') },
      { unknown: expect.stringContaining('https://e.test/a') },
    ]);
  });

  it('does not try again what Kustomize refuses, until it changes or another process takes over', async () => {
    renderer.answers.set(STAGE, { refused: 'no such field' });
    const { run, changed, wait, shown } = createProcess();
    await run();
    renderer.take();
    const refused = {
      unknown: 'Kustomize does not build it: no such field',
    };
    expect(shown()).toEqual([{ known: ['local.test'] }, refused]);
    await wait(3_600 * SECOND);
    await changed({});
    expect(renderer.take()).toEqual([]);

    await createProcess().run();
    expect(renderer.take()).toEqual([STAGE]);
    renderer.answers.clear();
    await changed({ [`${STAGE}/kustomization.yaml`]: 'namePrefix: c.test' });
    expect(shown()[1]).toEqual({ known: ['c.test'] });
  });

  it('tries what failed again, later each time, and says so meanwhile', async () => {
    renderer.answers.set(STAGE, { failed: 'There is no kustomize.' });
    const { run, wait, changed, shown } = createProcess();
    await run();
    renderer.take();
    expect(shown()[1]).toEqual({ unknown: 'There is no kustomize.' });
    await wait(9 * SECOND);
    await changed({});
    expect(renderer.take()).toEqual([]);
    await wait(SECOND);
    expect(renderer.take()).toEqual([STAGE]);
    await wait(19 * SECOND);
    expect(renderer.take()).toEqual([]);
    renderer.answers.clear();
    await wait(SECOND);
    expect(renderer.take()).toEqual([STAGE]);
    expect(shown()[1]).toEqual({ known: ['stage.test'] });
    await wait(3_600 * SECOND);
    expect(renderer.take()).toEqual([]);
  });

  it('tells every process what is rendered, what is not and why, and since when nobody looked', async () => {
    const other = createProcess();
    const { run, changed, follower } = createProcess();
    expect(other.status()).toEqual({
      overlays: 2,
      waiting: 2,
      unknown: 0,
      reasons: [],
      stale: true,
    });

    renderer.answers.set(LOCAL, { failed: 'There is no kustomize.' });
    await run();
    await other.catchUp();
    const failed = {
      repository: URL,
      branch: 'main',
      overlay: LOCAL,
      why: 'There is no kustomize.',
    };
    expect(other.status()).toMatchObject({
      overlays: 2,
      waiting: 0,
      unknown: 1,
      reasons: [failed],
      stale: true,
      error: 'There is no kustomize.',
    });

    renderer.answers.clear();
    await changed({
      [`${LOCAL}/kustomization.yaml`]: 'namePrefix: a.test',
      [`${STAGE}/kustomization.yaml`]: 'resources: ["https://e.test/a"]',
    });
    await other.catchUp();
    expect(other.status()).toMatchObject({
      waiting: 0,
      unknown: 1,
      reasons: [{ overlay: STAGE, why: expect.stringContaining('e.test') }],
      stale: false,
      lagSeconds: expect.any(Number),
      error: undefined,
    });

    // What is built from something else now waits, until it is rendered.
    jest.spyOn(renderer, 'render').mockImplementationOnce(async () => {
      await other.catchUp();
      expect(other.status()).toMatchObject({ waiting: 1, unknown: 1 });
      return { output: '' };
    });
    await changed({ [`${LOCAL}/kustomization.yaml`]: 'namePrefix: b.test' });
    expect(follower.hosts.keys).toHaveLength(2);
    expect.assertions(5);
  });

  it('writes down from time to time that somebody looks', async () => {
    const { run, wait, hosts } = createProcess();
    await run();
    const noted = jest.spyOn(hosts.mirror, 'succeeded');
    await wait(14 * SECOND);
    expect(noted).not.toHaveBeenCalled();
    await wait(SECOND);
    await wait(SECOND);
    expect(noted).toHaveBeenCalledTimes(1);
  });

  it('sees again what could not be written down', async () => {
    const { run, follower, shown, status } = createProcess();
    await run();
    repository.commit({
      [`${STAGE}/kustomization.yaml`]: 'resources: ["https://e.test/a"]',
    });
    follower.repositoryChanged(repository);
    store.failure = new Error('the database is away');
    await expect(follower.look(NEVER)).rejects.toThrow('away');
    store.failure = undefined;
    await follower.look(NEVER);
    expect(status()).toMatchObject({ unknown: 1 });
    expect(shown()[1]).toHaveProperty('unknown');
  });

  it('renders again what could not be written down', async () => {
    const { run, wait, shown } = createProcess();
    store.failure = new Error('the database is away');
    await run();
    renderer.take();
    expect(shown()).toEqual([undefined, undefined]);
    store.failure = undefined;
    await wait(0);
    expect(renderer.take()).toEqual([LOCAL, STAGE]);
    expect(shown()).toEqual([
      { known: ['local.test'] },
      { known: ['stage.test'] },
    ]);
  });

  it('forgets what is not deployed any more', async () => {
    const { run, changed, hosts } = createProcess();
    await run();
    expect(hosts.keys).toHaveLength(2);
    await changed({ 'bootstrap/stage.yaml': undefined });
    expect(hosts.keys).toEqual([`${URL}#main:${LOCAL}`]);
  });

  it('renders many a few at a time', async () => {
    const names = Array.from({ length: 45 }, (_, index) => `e${index}`);
    repository.commit(
      Object.fromEntries(
        names.flatMap(name => [
          [`bootstrap/${name}.yaml`, application('demo', name)],
          [
            `${overlay('demo', name)}/kustomization.yaml`,
            `namePrefix: ${name}.test`,
          ],
        ]),
      ),
    );
    const { follower } = createProcess();
    follower.repositoryChanged(repository);
    expect(await follower.look(NEVER)).toBe(true);
    expect(renderer.take()).toHaveLength(20);
    await follower.look(NEVER);
    expect(await follower.look(NEVER)).toBe(false);
    expect(renderer.take()).toHaveLength(27);
    expect(renderer.atATime).toBe(2);
  });

  it('does nothing as long as the repository is not known', async () => {
    const kept = createProcess();
    await kept.run();
    renderer.take();
    const unread = new FakeRepository();
    const hosts = new RenderedHosts(store);
    await hosts.mirror.catchUp((await store.heads()).get('rendering')!);
    const follower = new RenderingFollower({
      hosts,
      repositories: [unread],
      renderer,
      logger: mockServices.logger.mock(),
      announce: () => {},
    });
    follower.repositoryChanged(unread);
    await follower.look(NEVER);
    expect(hosts.keys).toHaveLength(2);
    expect(renderer.take()).toEqual([]);
  });
});
