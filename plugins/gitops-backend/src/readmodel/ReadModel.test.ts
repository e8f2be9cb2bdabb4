import { mockServices } from '@backstage/backend-test-utils';
import {
  ApplicationStatus,
  serviceReference,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { FakeGithub } from '../__testUtils__/FakeGithub';
import { MemoryUpstreamStore } from '../__testUtils__/MemoryUpstreamStore';
import { InstanceState } from '../argocd/InstanceState';
import { StoredPromotion } from '../database/PromotionStore';
import { PROMOTIONS } from '../database/UpstreamStore';
import { PromotionsUnderWay } from './PromotionsUnderWay';
import { ReadModel } from './ReadModel';
import { RepositoryState } from './RepositoryState';
import { Side } from './Side';

const URL = 'https://github.test/demo/gitops-infra';

const application = (service: string) => `
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: ${service}-stage, namespace: argocd }
spec:
  source: { repoURL: ${URL}, path: apps/${service}/overlays/stage, targetRevision: main }
`;

const overlay = (tag: string) => `images: [{name: demo, newTag: "${tag}"}]\n`;

const status = (
  instance: string,
  more: Partial<ApplicationStatus> = {},
): ApplicationStatus => ({
  instance,
  namespace: 'argocd',
  name: 'demo-stage',
  repoURL: URL,
  path: 'apps/demo/overlays/stage',
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

describe('ReadModel', () => {
  let store: MemoryUpstreamStore;
  let github: FakeGithub;
  let promotions: StoredPromotion[];

  beforeEach(() => {
    store = new MemoryUpstreamStore();
    promotions = [];
    github = new FakeGithub({
      'bootstrap/demo.yaml': application('demo'),
      'bootstrap/shop.yaml': application('shop'),
      'apps/demo/overlays/stage/kustomization.yaml': overlay('1.4.1'),
      'apps/shop/overlays/stage/kustomization.yaml': overlay('2.0.0'),
    });
  });

  /** A process that knows one repository and two Argo CD instances. */
  function createProcess() {
    const source = new RepositoryState({
      config: { url: URL, owner: 'demo', name: 'gitops-infra', branch: 'main' },
      github,
      side: new Side(60_000),
      store,
      logger: mockServices.logger.mock(),
    });
    const [eu, us] = ['eu', 'us'].map(
      name =>
        new InstanceState({
          config: {
            transport: 'kubernetes',
            name,
            cluster: name,
            namespaces: [],
            projects: [],
          },
          side: new Side(60_000),
          store,
        }),
    );
    const underWay = new PromotionsUnderWay({
      listUnderWay: async () => promotions,
    });
    const readModel = new ReadModel({
      repositories: [source],
      instances: [eu, us],
      store,
      underWay,
    });
    return { source, eu, us, underWay, readModel };
  }

  const stageOf = (readModel: ReadModel, instance?: string) =>
    readModel.viewsOf(readModel.service('demo', instance))[0];

  it('finds the Application in the instance where it deploys the overlay', async () => {
    const { source, eu, us, readModel } = createProcess();
    await source.refresh();
    await eu.replaceAll([status('eu', { path: 'apps/demo/overlays/other' })]);
    await us.replaceAll([status('us')]);
    expect(stageOf(readModel).application.instance).toBe('us');
  });

  it('looks in the one instance that the entity names', async () => {
    const { source, eu, us, readModel } = createProcess();
    await source.refresh();
    await eu.replaceAll([status('eu')]);
    await us.replaceAll([status('us')]);
    const named = (instance: string) =>
      readModel.serviceOf(
        serviceReference({
          'gitops-infra.dev/service': 'demo',
          'argocd/instance-name': instance,
        })!,
      );
    expect(readModel.viewsOf(named('us'))[0].application.instance).toBe('us');
    expect(readModel.viewsOf(named('eu'))[0].application.instance).toBe('eu');
    expect(() => named('asia')).toThrow(
      'There is no Argo CD instance asia in gitops.argocd',
    );
  });

  it('makes the environments of a service again only when something of theirs changed', async () => {
    const { source, eu, readModel } = createProcess();
    await source.refresh();
    await eu.replaceAll([
      status('eu'),
      status('eu', { name: 'shop-stage', path: 'apps/shop/overlays/stage' }),
    ]);
    const views = () => readModel.viewsOf(readModel.service('demo'));
    const before = views();
    await eu.replaceAll([
      status('eu', { reconciledAt: '2026-11-24T00:00:00Z' }),
      status('eu', {
        name: 'shop-stage',
        path: 'apps/shop/overlays/stage',
        health: { status: 'Degraded' },
      }),
    ]);
    expect(views()).toBe(before);

    await eu.replaceAll([status('eu', { health: { status: 'Degraded' } })]);
    expect(views()[0].health.status).toBe('Degraded');
    const degraded = views();
    github.commit({
      'apps/demo/overlays/stage/kustomization.yaml': overlay('1.4.2'),
    });
    await source.refresh();
    expect(views()).not.toBe(degraded);
    expect(views()[0].images[0].desired).toEqual({ tag: '1.4.2' });
  });

  it('shows what another process found out', async () => {
    const [one, other] = [createProcess(), createProcess()];
    await one.source.refresh();
    await one.us.replaceAll([status('us')]);
    await other.readModel.catchUp();
    expect(stageOf(other.readModel)).toMatchObject({
      application: { instance: 'us' },
      images: [{ desired: { tag: '1.4.1' } }],
    });
  });

  it('asks the database for page views some times a second at most, and at once after a write of its own', async () => {
    const { source, readModel } = createProcess();
    await source.refresh();
    await readModel.catchUpSoon();
    await readModel.catchUpSoon();
    await Promise.all([readModel.catchUpSoon(), readModel.catchUpSoon()]);
    expect(store.calls.heads).toBe(1);
    readModel.expire();
    await readModel.catchUpSoon();
    expect(store.calls.heads).toBe(2);
  });

  it('knows the promotions under way, and reads them again when one changed', async () => {
    const { underWay, readModel } = createProcess();
    const promotion = {
      id: '1',
      repository: URL,
      entityRef: 'component:default/demo',
      service: 'demo',
      to: 'stage',
    } as StoredPromotion;
    promotions = [promotion];
    await readModel.catchUp();
    expect(underWay.of(URL, 'demo')).toEqual([]);

    await store.append(PROMOTIONS, 0, [], new Date());
    await readModel.catchUp();
    expect(underWay.of(URL, 'demo')).toEqual([
      { id: '1', service: 'demo', to: 'stage' },
    ]);
    expect(underWay.of(URL, 'shop')).toEqual([]);
    const same = underWay.of(URL, 'demo');
    await readModel.catchUp();
    expect(underWay.of(URL, 'demo')).toBe(same);
  });

  it('makes the environments of a service again when a promotion of its own changed, and not one of others', async () => {
    const { source, us, readModel } = createProcess();
    await source.refresh();
    await us.replaceAll([status('us')]);
    const open = (service: string, title: string) =>
      ({
        id: service,
        repository: URL,
        entityRef: 'component:default/x',
        service,
        to: 'stage',
        state: 'open',
        title,
        changes: [],
        pullRequest: { number: 7, url: `${URL}/pull/7` },
      } as unknown as StoredPromotion);
    const change = async (changed: StoredPromotion[]) => {
      promotions = changed;
      const { sequence = 0 } = (await store.heads()).get(PROMOTIONS) ?? {};
      await store.append(PROMOTIONS, sequence, [], new Date());
      await readModel.catchUp();
      return readModel.viewsOf(readModel.service('demo'));
    };
    const whys = ([{ findings }]: Awaited<ReturnType<typeof change>>) =>
      findings.map(({ why }) => why);

    const first = await change([open('demo', 'one')]);
    expect(whys(first)).toContain('Pull request #7 is open: one.');
    expect(await change([open('demo', 'one'), open('shop', 'x')])).toBe(first);
    const other = await change([open('demo', 'two'), open('shop', 'x')]);
    expect(whys(other)).toContain('Pull request #7 is open: two.');
    expect(whys(await change([]))).toEqual([]);
  });

  it('says what is not known yet, and what is not there', async () => {
    const { source, readModel } = createProcess();
    expect(() => readModel.service('demo')).toThrow('still being read');
    await source.refresh();
    expect(() => readModel.service('web')).toThrow(
      'deploys a folder of apps/web',
    );
  });
});
