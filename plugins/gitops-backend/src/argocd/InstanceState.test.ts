import { ApplicationStatus } from '@gitops-infra/backstage-plugin-gitops-common';
import { MemoryUpstreamStore } from '../__testUtils__/MemoryUpstreamStore';
import { Side } from '../readmodel/Side';
import { InstanceState } from './InstanceState';

const status = (
  name: string,
  more: Partial<ApplicationStatus> = {},
): ApplicationStatus => ({
  instance: 'main',
  namespace: 'argocd',
  name,
  path: `apps/demo/overlays/${name}`,
  sources: [],
  automated: true,
  imageOverrides: [],
  sync: { status: 'Synced' },
  health: { status: 'Healthy' },
  images: [],
  externalURLs: [],
  conditions: [],
  troubles: [],
  ...more,
});

describe('InstanceState', () => {
  let store: MemoryUpstreamStore;
  let state: InstanceState;
  let changes: string[][];

  beforeEach(() => {
    store = new MemoryUpstreamStore();
    state = createState();
    changes = [];
    state.onChange(({ applications }) =>
      changes.push(applications.map(({ name }) => name)),
    );
  });

  function createState() {
    return new InstanceState({
      config: {
        transport: 'kubernetes',
        name: 'main',
        cluster: 'main',
        namespaces: [],
        projects: [],
      },
      side: new Side(60_000),
      store,
    });
  }

  const modified = (application: ApplicationStatus) =>
    state.apply({ type: 'MODIFIED', application });

  async function until(check: () => boolean): Promise<void> {
    const deadline = Date.now() + 5_000;
    while (!check()) {
      if (Date.now() > deadline) {
        throw new Error('not yet');
      }
      await new Promise(resolve => setTimeout(resolve, 1));
    }
  }

  it('tells the troubles that another process kept, as long as the health is the same', async () => {
    const pulling = status('local', {
      health: { status: 'Degraded' },
      troubles: [
        { kind: 'Pod', name: 'a', reason: 'ImagePullBackOff', images: [] },
      ],
    });
    await state.replaceAll([pulling]);
    const other = createState();
    const head = (await store.heads()).get(other.mirror.upstream);
    await other.mirror.catchUp(head!);

    const listed = { ...pulling, troubles: [] };
    expect(other.troublesOf(listed)).toEqual(pulling.troubles);
    expect(
      other.troublesOf({ ...listed, health: { status: 'Progressing' } }),
    ).toEqual([]);
    expect(other.troublesOf(status('stage'))).toEqual([]);
  });

  it('takes over a list, and drops what is not on it', async () => {
    await state.replaceAll([status('local'), status('stage')]);
    await state.replaceAll([
      status('stage', { health: { status: 'Degraded' } }),
    ]);
    expect(state.applications).toMatchObject([
      { name: 'stage', health: { status: 'Degraded' } },
    ]);
    expect(state.count).toBe(1);
    expect(changes).toEqual([
      ['local', 'stage'],
      ['local', 'stage'],
    ]);
  });

  it('tells and writes nothing where a person would see no difference', async () => {
    await state.replaceAll([status('stage', { reconciledAt: '1' })]);
    await state.replaceAll([status('stage', { reconciledAt: '2' })]);
    await modified(status('stage', { reconciledAt: '3' }));
    await state.replaceAll([status('stage')]);
    expect(changes).toEqual([['stage']]);
    expect(store.calls.append).toBe(1);
  });

  it('tells once that health was judged since the last operation ended', async () => {
    const ended = (reconciledAt: string) =>
      status('stage', {
        reconciledAt,
        operation: { phase: 'Succeeded', finishedAt: '2026-11-24T00:00:05Z' },
      });
    await state.replaceAll([ended('2026-11-24T00:00:03Z')]);
    await state.replaceAll([ended('2026-11-24T00:00:04Z')]);
    expect(changes).toHaveLength(1);
    await modified(ended('2026-11-24T00:00:05Z'));
    await until(() => changes.length === 2);
    await state.replaceAll([ended('2026-11-24T00:03:05Z')]);
    expect(changes).toHaveLength(2);
  });

  it('takes over events, those that come together in one change', async () => {
    await modified(status('one'));
    await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        modified(status(`app-${index}`)),
      ),
    );
    await state.apply({ type: 'DELETED', application: status('one') });
    await until(() => state.count === 200);
    expect(state.find({ name: 'one', overlayPath: '' })).toBeUndefined();
    expect(store.calls.append).toBeLessThan(10);
  });

  it('takes the last of several events of an Application', async () => {
    for (const health of ['Healthy', 'Progressing', 'Degraded'] as const) {
      await modified(status('stage', { health: { status: health } }));
    }
    const health = () =>
      state.find({ name: 'stage', overlayPath: '' })?.health.status;
    await until(() => health() === 'Degraded');
    await new Promise(resolve => setTimeout(resolve, 5));
    expect(health()).toBe('Degraded');
  });

  it('rejects the event after one that could not be written, so that a new list is read', async () => {
    store.failure = new Error('The database is away');
    await modified(status('stage'));
    await new Promise(resolve => setTimeout(resolve, 5));
    await expect(modified(status('stage'))).rejects.toThrow('away');
    store.failure = undefined;
    await state.replaceAll([status('stage')]);
    await modified(status('stage', { health: { status: 'Degraded' } }));
    await until(() => changes.length === 2);
  });

  it('has after a restart what was known before', async () => {
    await state.replaceAll([status('local'), status('stage')]);
    const again = createState();
    await again.mirror.catchUp((await store.heads()).get('argocd:main')!);
    expect(again.applications).toEqual(state.applications);
    // Read again from Argo CD it is no change.
    await again.replaceAll([status('local'), status('stage')]);
    expect(store.calls.append).toBe(1);
  });

  it('tells Applications of one name apart by namespace and by folder', async () => {
    await state.replaceAll([
      status('stage', { namespace: 'one', path: 'apps/a/overlays/stage' }),
      status('stage', { namespace: 'two', path: 'apps/b/overlays/stage' }),
    ]);
    const find = (overlayPath: string, namespace?: string) =>
      state.find({ name: 'stage', namespace, overlayPath })?.namespace;
    expect(find('apps/b/overlays/stage')).toBe('two');
    expect(find('apps/b/overlays/stage', 'one')).toBe('one');
    expect(find('apps/c/overlays/stage')).toBeUndefined();
    expect(find('apps/b/overlays/stage', 'three')).toBeUndefined();
  });

  it('tells of every Application when the instance begins to fail and when it is back', async () => {
    await state.replaceAll([status('local'), status('stage')]);
    await state.failed(new Error('away'));
    await state.failed(new Error('still away'));
    await state.heard();
    expect(changes).toEqual([
      ['local', 'stage'],
      ['local', 'stage'],
      ['local', 'stage'],
    ]);
  });
});
