import { mockServices } from '@backstage/backend-test-utils';
import {
  GatePerson,
  NO_POLICY,
  PromotionGate,
  PromotionPolicy,
  PromotionRequest,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { Knex } from 'knex';
import { InstanceState } from '../argocd/InstanceState';
import { MergeMethod, PullRequestSettings } from '../config';
import { DatabasePromotionStore } from '../database/DatabasePromotionStore';
import { DatabaseUpstreamStore } from '../database/DatabaseUpstreamStore';
import { openDatabase } from '../database/openDatabase';
import { PromotionStore } from '../database/PromotionStore';
import { InfraRepository } from '../github/InfraRepository';
import { UserToken } from '../github/UserToken';
import { ApplicationHistory } from '../promotion/ApplicationHistory';
import { OpeningPace } from '../promotion/OpeningBeats';
import { PromotionContext } from '../promotion/PromotionContext';
import { PromotionEngine } from '../promotion/PromotionEngine';
import { PromotionGates } from '../promotion/PromotionGates';
import { PromotionsUnderWay } from '../readmodel/PromotionsUnderWay';
import { ReadModel } from '../readmodel/ReadModel';
import { RepositoryState } from '../readmodel/RepositoryState';
import { Side } from '../readmodel/Side';
import { NamedImages } from '../registry/NamedImages';
import { RegistryAnswers } from '../registry/RegistryAnswers';
import { FakeGithub } from './FakeGithub';

export const INFRA_URL = 'https://github.test/demo/gitops-infra';
export const STAGE_OVERLAY = 'apps/demo/overlays/stage/kustomization.yaml';
export const LOCAL_OVERLAY = 'apps/demo/overlays/local/kustomization.yaml';
export const REQUEST = { from: 'local', to: 'stage' };
/** A user who is in no group. */
export function person(name: string): GatePerson {
  const userEntityRef = `user:default/${name}`;
  return { userEntityRef, ownershipEntityRefs: [userEntityRef] };
}

export const ASKER = {
  ...person('guest'),
  entityRef: 'component:default/demo',
};

/** An Application that deploys an overlay. */
export const application = (name: string, environment: string) => `
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: ${name}, namespace: argocd }
spec:
  source: { repoURL: ${INFRA_URL}, path: apps/demo/overlays/${environment}, targetRevision: main }
  destination: { namespace: ${name} }
`;

export const overlay = (tag: string) => `images:
  - name: demo
    newName: localhost:5001/demo
    newTag: ${tag} # keep quoted
`;

/** An overlay with a pin for each image. */
export const overlayOf = (tags: Record<string, string>) =>
  `images:\n${Object.entries(tags)
    .map(
      ([name, tag]) =>
        `  - name: ${name}\n    newName: registry/${name}\n    newTag: "${tag}" # keep quoted\n`,
    )
    .join('')}`;

/**
 * An engine over a fake GitHub, with its database: the service demo goes from local to stage to prod.
 *
 * @param instances - the Argo CD instances; `argocd` is the first of them
 */
export async function createPromotionWorld(
  database: Knex,
  instances: string[] = ['main'],
) {
  const github = new FakeGithub({
    'bootstrap/kustomization.yaml':
      'resources: [local.yaml, stage.yaml, prod.yaml]',
    'bootstrap/local.yaml': application('demo-local', 'local'),
    'bootstrap/stage.yaml': application('demo-stage', 'stage'),
    'bootstrap/prod.yaml': application('demo-prod', 'prod'),
    [LOCAL_OVERLAY]: overlay('"1.4.2"'),
    [STAGE_OVERLAY]: overlay('"1.4.1"'),
    'apps/demo/overlays/prod/kustomization.yaml': overlay('"1.4.1"'),
  });
  const logger = mockServices.logger.mock();
  const knex = await openDatabase(mockServices.database({ knex: database }));
  const upstreams = new DatabaseUpstreamStore(knex);
  const source = new RepositoryState({
    config: {
      url: INFRA_URL,
      owner: 'demo',
      name: 'gitops-infra',
      branch: 'main',
    },
    github,
    side: new Side(60_000),
    store: upstreams,
    logger,
  });
  const argocds = instances.map(
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
        store: upstreams,
      }),
  );
  const store = new DatabasePromotionStore(knex);
  const registries = new RegistryAnswers(upstreams);
  const readModel = new ReadModel({
    repositories: [source],
    instances: argocds,
    registries,
    store: upstreams,
    underWay: new PromotionsUnderWay(store),
  });
  const storeOfLongAgo = new DatabasePromotionStore(knex, {
    now: () => new Date('2026-01-01T00:00:00Z'),
  });
  const changed: string[] = [];
  const createEngine = (
    parts: {
      store?: PromotionStore;
      github?: InfraRepository;
      mergeMethod?: MergeMethod;
      pullRequest?: PullRequestSettings;
      history?: Pick<ApplicationHistory, 'commitsOf'>;
      namedImages?: Pick<NamedImages, 'lookUp'>;
      policy?: Partial<PromotionPolicy>;
      gates?: PromotionGate[];
      podImages?: PromotionContext['podImages'];
      openingPace?: OpeningPace;
      monotonic?: () => number;
    } = {},
  ) =>
    new PromotionEngine({
      readModel,
      store: parts.store ?? store,
      mergeMethod: parts.mergeMethod,
      pullRequest: parts.pullRequest,
      history: parts.history,
      namedImages: parts.namedImages,
      podImages: parts.podImages,
      openingPace: parts.openingPace,
      monotonic: parts.monotonic,
      gates: new PromotionGates({
        policy: { ...NO_POLICY, ...parts.policy },
        added: parts.gates ?? [],
        logger,
      }),
      repositories: new Map([[INFRA_URL, parts.github ?? github]]),
      logger,
      pageUrl: entityRef => `http://backstage/${entityRef}`,
      onChange: service => changed.push(service),
    });
  await source.refresh();
  const engine = createEngine();
  return {
    github,
    source,
    argocd: argocds[0],
    argocds,
    registries,
    store,
    storeOfLongAgo,
    engine,
    createEngine,
    changed,
    promote: (
      request: PromotionRequest = REQUEST,
      by = engine,
      asker = ASKER,
      token?: UserToken,
    ) => by.promote(readModel.service('demo'), request, asker, token),
    plan: (request: PromotionRequest) =>
      engine.plan(readModel.service('demo'), request),
    earlierStates: (environment: string) =>
      engine.earlierStates(readModel.service('demo'), environment),
    preview: async (by: PromotionEngine) =>
      (await by.preview(readModel.service('demo'), REQUEST, ASKER)).plan,
    service: (instance?: string) => readModel.service('demo', instance),
    promotions: () => store.listByService(INFRA_URL, 'demo'),
  };
}
