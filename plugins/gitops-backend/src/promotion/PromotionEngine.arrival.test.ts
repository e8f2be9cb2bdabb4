import { TestDatabaseId } from '@backstage/backend-test-utils';
import { ServiceUnavailableError } from '@backstage/errors';
import { parseApplication } from '@gitops-infra/backstage-plugin-gitops-common';
import {
  ASKER,
  createPromotionWorld,
  INFRA_URL as URL,
  LOCAL_OVERLAY as LOCAL,
  overlay,
  person,
  REQUEST,
  STAGE_OVERLAY as STAGE,
} from '../__testUtils__/promotionWorld';
import { testDatabases } from '../__testUtils__/testDatabases';

const databases = testDatabases('SQLITE_3', 'POSTGRES_18');

describe.each(databases.eachSupportedId())(
  'PromotionEngine, of what was merged, on %s',
  (databaseId: TestDatabaseId) => {
    const setup = async (instances?: string[]) => {
      const world = await createPromotionWorld(
        await databases.init(databaseId),
        instances,
      );
      const { argocd, engine, promote, promotions } = world;
      return {
        ...world,
        /** Promotes and merges. */
        merged: async () => {
          const { promotion } = await promote();
          const { mergeCommit = '' } = await engine.merge(
            promotion,
            promotion.headCommit!,
            person('a'),
          );
          return { promotion, mergeCommit };
        },
        /** The state of the newest promotion once Argo CD has reported so. */
        stateAfter: async (
          statuses: Parameters<typeof argocd.replaceAll>[0],
          by = engine,
        ): Promise<string> => {
          await argocd.replaceAll(statuses);
          await by.settle(URL, 'demo');
          return (await promotions())[0].state;
        },
      };
    };

    const stageStatus = (
      revision: string,
      images: string[],
      health = 'Healthy',
      operationState: object | string = 'Succeeded',
      instance = 'main',
    ) => [
      parseApplication(instance, {
        metadata: { name: 'demo-stage', namespace: 'argocd' },
        spec: { source: { path: 'apps/demo/overlays/stage' } },
        status: {
          sync: { status: 'Synced', revision },
          health: { status: health },
          operationState:
            typeof operationState === 'string'
              ? { phase: operationState }
              : operationState,
          summary: { images: images.map(tag => `localhost:5001/demo:${tag}`) },
        },
      })!,
    ];

    it('says deployed only once the new image runs and the old one does not', async () => {
      const { merged, stateAfter } = await setup();
      const { promotion, mergeCommit } = await merged();
      const look = async (...status: Parameters<typeof stageStatus>) =>
        stateAfter(stageStatus(...status));
      await expect(look(promotion.baseCommit, ['1.4.1'])).resolves.toBe(
        'merged',
      );
      await expect(
        look(mergeCommit, ['1.4.1'], 'Healthy', 'Running'),
      ).resolves.toBe('merged');
      // Synced, Succeeded and Healthy, but health has not noticed the new pods.
      await expect(look(mergeCommit, ['1.4.1'])).resolves.toBe('merged');
      await expect(
        look(mergeCommit, ['1.4.1', '1.4.2'], 'Progressing'),
      ).resolves.toBe('merged');
      await expect(look(mergeCommit, ['1.4.2'])).resolves.toBe('deployed');
    });

    it('does not say deployed of a sync that failed, until one succeeds', async () => {
      const { store, merged, stateAfter } = await setup();
      const { promotion, mergeCommit } = await merged();
      const lifeAfter = async (phase: string, revision: string) => {
        const state = await stateAfter(
          stageStatus(mergeCommit, ['1.4.2'], 'Healthy', {
            phase,
            syncResult: { revision },
          }),
        );
        const timeline = await store.timeline(promotion.id);
        return [state, timeline.some(({ event }) => event === 'synced')];
      };
      // A hook failed after everything was applied.
      await expect(lifeAfter('Failed', mergeCommit)).resolves.toEqual([
        'merged',
        false,
      ]);
      // That was before the merge, which needed no sync.
      await expect(lifeAfter('Failed', promotion.baseCommit)).resolves.toEqual([
        'deployed',
        true,
      ]);
    });

    it('says deployed where no pod has the image, and ends looking', async () => {
      const { createEngine, merged, stateAfter } = await setup();
      const podImages = jest.fn(async () => ({
        running: [],
        ended: [],
        onlyCronJobs: false,
      }));
      const engine = createEngine({ podImages });
      const { mergeCommit } = await merged();
      const [status] = stageStatus(mergeCommit, [], 'Healthy', {
        phase: 'Succeeded',
        finishedAt: '2026-11-24T00:00:05Z',
      });
      const stateAt = async (reconciledAt: string) =>
        stateAfter([{ ...status, reconciledAt }], engine);
      await expect(stateAt('2026-11-24T00:00:04Z')).resolves.toBe('merged');
      await expect(stateAt('2026-11-24T00:00:06Z')).resolves.toBe('deployed');
      podImages.mockClear();
      await engine.settle(URL, 'demo');
      expect(podImages).not.toHaveBeenCalled();
    });

    it('says deployed where another pin runs the same image at a version of its own', async () => {
      const { github, source, argocd, engine, promote, promotions } =
        await setup();
      const both = (demo: string, worker: string) =>
        overlay(demo) +
        overlay(worker)
          .replace('images:\n', '')
          .replace('name: demo', 'name: worker');
      github.commit({
        [LOCAL]: both('"1.4.2"', '"1.3.0"'),
        [STAGE]: both('"1.4.1"', '"1.3.0"'),
      });
      await source.refresh();
      const { promotion } = await promote();
      expect(promotion.changes.map(({ name }) => name)).toEqual(['demo']);
      const { mergeCommit } = await engine.merge(
        promotion,
        promotion.headCommit!,
        person('a'),
      );
      await source.refresh();
      const stateWith = async (...tags: string[]) => {
        await argocd.replaceAll(stageStatus(mergeCommit!, tags));
        await engine.settle(URL, 'demo');
        return (await promotions())[0].state;
      };
      await expect(stateWith('1.3.0', '1.4.1')).resolves.toBe('merged');
      await expect(stateWith('1.3.0', '1.4.1', '1.4.2')).resolves.toBe(
        'merged',
      );
      await expect(stateWith('1.3.0', '1.4.2')).resolves.toBe('deployed');
    });

    it('says deployed where only finished Jobs have the old image, and looks at pods only in doubt', async () => {
      const { createEngine, merged, stateAfter } = await setup();
      const pods = { running: [''], ended: [''], onlyCronJobs: false };
      const podImages = jest.fn(async () => pods);
      const engine = createEngine({ podImages });
      const { mergeCommit } = await merged();
      const look = async (
        tags: string[],
        health: 'Healthy' | 'Progressing' = 'Healthy',
      ) => stateAfter(stageStatus(mergeCommit, tags, health), engine);
      await expect(look(['1.4.1', '1.4.2'], 'Progressing')).resolves.toBe(
        'merged',
      );
      expect(podImages).not.toHaveBeenCalled();
      const [old, now] = ['1.4.1', '1.4.2'].map(
        tag => `localhost:5001/demo:${tag}`,
      );
      pods.running = [old, now];
      await expect(look(['1.4.1', '1.4.2'])).resolves.toBe('merged');
      podImages.mockRejectedValueOnce(new Error('away'));
      await expect(look(['1.4.1', '1.4.2'])).resolves.toBe('merged');
      Object.assign(pods, { running: [now], ended: [old] });
      await expect(look(['1.4.1', '1.4.2'])).resolves.toBe('deployed');
      expect(podImages).toHaveBeenCalledTimes(3);
    });

    it('asks whether the synced revision contains the merge, not whether it is it', async () => {
      const { github, merged, stateAfter } = await setup();
      await merged();
      const later = github.commit({
        'apps/other/kustomization.yaml': 'a: 1',
      });
      await expect(stateAfter(stageStatus(later, ['1.4.2']))).resolves.toBe(
        'deployed',
      );
    });

    it('keeps what a rollout failed with, once for each cause, and says when it runs after all', async () => {
      const { argocd, store, changed, engine, promote, promotions } =
        await setup();
      const { promotion } = await promote();
      const degraded = (revision: string, trouble: string) => [
        {
          ...stageStatus(revision, ['1.4.1', '1.4.2'], 'Degraded')[0],
          troubles: [
            { kind: 'Pod', name: 'demo-1', reason: trouble, images: [] },
          ],
        },
      ];
      await argocd.replaceAll(degraded(promotion.baseCommit, 'Error'));
      const { mergeCommit = '' } = await engine.merge(
        promotion,
        promotion.headCommit!,
        person('a'),
      );
      const failures = async (...status: Parameters<typeof degraded>) => {
        await argocd.replaceAll(degraded(...status));
        changed.length = 0;
        await engine.reconcile();
        return (await store.timeline(promotion.id))
          .filter(({ event }) => event === 'failed')
          .map(({ code, detail }) => [code, detail]);
      };
      // It was Degraded before.
      await expect(failures(promotion.baseCommit, 'Error')).resolves.toEqual(
        [],
      );
      expect(changed).toEqual([]);
      // What is so for a moment is none.
      await argocd.replaceAll(degraded(mergeCommit, 'Error'));
      await engine.settle(URL, 'demo');
      expect(await store.timeline(promotion.id)).not.toContainEqual(
        expect.objectContaining({ event: 'failed' }),
      );
      const first = ['degraded', 'stage is Degraded.'];
      await expect(failures(mergeCommit, 'Error')).resolves.toEqual([first]);
      expect(changed).toContain('demo');
      await expect(failures(mergeCommit, 'Pending')).resolves.toEqual([first]);
      expect(changed).toEqual([]);
      const second = ['image-pull-failed', expect.any(String)];
      await expect(failures(mergeCommit, 'ImagePullBackOff')).resolves.toEqual([
        first,
        second,
      ]);
      await expect(failures(mergeCommit, 'Error')).resolves.toEqual([
        first,
        second,
      ]);
      await expect(promotions()).resolves.toMatchObject([{ state: 'merged' }]);
      await argocd.replaceAll(stageStatus(mergeCommit, ['1.4.2']));
      await engine.settle(URL, 'demo');
      expect((await store.timeline(promotion.id)).at(-1)).toMatchObject({
        event: 'arrived',
      });
    });

    it('rolls back what does not arrive, as another promotion', async () => {
      const { source, engine, promote, promotions, merged, stateAfter } =
        await setup();
      const { promotion, mergeCommit } = await merged();
      await stateAfter(
        stageStatus(mergeCommit, ['1.4.1', '1.4.2'], 'Degraded'),
      );
      const rollback = await promote({
        rollbackTo: promotion.baseCommit,
        to: 'stage',
      });
      expect(rollback).toMatchObject({
        created: true,
        promotion: { state: 'open', undoes: [{ id: promotion.id }] },
      });
      await engine.merge(
        rollback.promotion,
        rollback.promotion.headCommit!,
        person('a'),
      );
      await source.refresh();
      await engine.settle(URL, 'demo');
      expect((await promotions()).map(({ id, state }) => [id, state])).toEqual(
        expect.arrayContaining([
          [promotion.id, 'superseded'],
          [rollback.promotion.id, 'merged'],
        ]),
      );
    });

    it('ends what another change replaced before it ran', async () => {
      const { github, source, engine, promotions, merged, stateAfter } =
        await setup();
      const { mergeCommit } = await merged();
      await expect(
        stateAfter(stageStatus(mergeCommit, ['1.4.1', '1.4.2'], 'Degraded')),
      ).resolves.toBe('merged');
      github.commit({ [STAGE]: overlay('"1.4.1"') });
      await source.refresh();
      await engine.settle(URL, 'demo');
      await expect(promotions()).resolves.toMatchObject([
        {
          state: 'superseded',
          error:
            'Another change to stage replaced it before it was seen running',
        },
      ]);
    });

    it.each<[what: string, path: string, text: string]>([
      ['the overlay does not parse', STAGE, 'images: [\n'],
      [
        'the Kustomization has what no Kustomization has',
        STAGE,
        'images: 1.4.2\n',
      ],
      [
        'its Application does not parse',
        'bootstrap/stage.yaml',
        'kind: [Application\n',
      ],
    ])('does not take it for replaced while %s', async (_, path, broken) => {
      const { github, source, engine, promotions, merged, stateAfter } =
        await setup();
      const { mergeCommit } = await merged();
      const sound = github.file('main', path)!;
      const look = async (text: string) => {
        const head = github.commit({ [path]: text });
        await source.refresh();
        await engine.reconcile();
        return head;
      };
      await look(broken);
      await expect(promotions()).resolves.toMatchObject([
        { state: 'merged', mergeCommit },
      ]);
      await expect(
        stateAfter(stageStatus(await look(sound), ['1.4.2'])),
      ).resolves.toBe('deployed');
    });

    it('says of one that is merged what one look did not find out, until the next one does', async () => {
      const { github, source, argocd, engine, promote, promotions } =
        await setup();
      await promote();
      github.mergeAsPerson(1);
      await engine.reconcile();
      github.commit({ 'NOTE.md': 'later' });
      await source.refresh();
      await argocd.replaceAll(
        stageStatus(github.branches.get('main')!, ['1.4.1']),
      );
      github.failNext('compare', new ServiceUnavailableError('no answer'));
      await engine.reconcile();
      await expect(promotions()).resolves.toMatchObject([
        { state: 'merged', error: 'no answer' },
      ]);
      await engine.reconcile();
      await expect(promotions()).resolves.toMatchObject([
        { state: 'merged', error: undefined },
      ]);
    });

    it('looks on the Argo CD instance that the entity is narrowed to', async () => {
      const { argocds, service, engine, createEngine, promotions } =
        await setup(['east', 'west']);
      const [east, west] = argocds;
      const { promotion } = await engine.promote(
        service('west'),
        REQUEST,
        ASKER,
      );
      const seen: (string | undefined)[] = [];
      const merging = createEngine({
        gates: [
          {
            id: 'instance',
            title: 'Instance',
            atMerge: true,
            check: async ({ target }) => {
              seen.push(target.status?.instance);
              return { state: 'passed' as const, message: 'Seen.' };
            },
          },
        ],
      });
      const before = promotion.baseCommit;
      const keep = async (
        instance: typeof east,
        revision: string,
        tag: string,
      ) =>
        instance.replaceAll(
          stageStatus(
            revision,
            [tag],
            'Healthy',
            'Succeeded',
            instance.config.name,
          ),
        );
      await keep(east, before, '1.4.1');
      await keep(west, before, '1.4.1');
      const { mergeCommit } = await merging.merge(
        promotion,
        promotion.headCommit!,
        person('a'),
      );
      expect(seen).toEqual(['west']);

      const stateAfter = async (...look: Parameters<typeof keep>) => {
        await keep(...look);
        await engine.settle(URL, 'demo');
        return (await promotions())[0].state;
      };
      await expect(stateAfter(east, mergeCommit!, '1.4.2')).resolves.toBe(
        'merged',
      );
      await expect(stateAfter(west, mergeCommit!, '1.4.2')).resolves.toBe(
        'deployed',
      );
    });
  },
);
