/*
 * A process with promotion engines, for tests that kill it. It takes orders as lines of JSON and answers each with one.
 * Every actor is an engine with connections of its own, as in a process of its own, so that one can be held up at a step
 * while the others go on.
 */
import { createInterface } from 'node:readline';
import { LoggerService } from '@backstage/backend-plugin-api';
import {
  DefaultGithubCredentialsProvider,
  ScmIntegrations,
} from '@backstage/integration';
import { ConfigReader } from '@backstage/config';
import {
  GatePerson,
  NO_POLICY,
} from '@gitops-infra/backstage-plugin-gitops-common';
import createKnex, { Knex } from 'knex';
import { RepositoryConfig } from '../config';
import { DatabasePromotionStore } from '../database/DatabasePromotionStore';
import { DatabaseUpstreamStore } from '../database/DatabaseUpstreamStore';
import { openDatabase } from '../database/openDatabase';
import { StoredPromotion } from '../database/PromotionStore';
import { createGithubRepository } from '../github/createGithubRepository';
import { InfraRepository } from '../github/InfraRepository';
import { RateLimits } from '../github/RateLimit';
import { OpeningPace } from '../promotion/OpeningBeats';
import { PromotionEngine } from '../promotion/PromotionEngine';
import { PromotionGates } from '../promotion/PromotionGates';
import { PromotionsUnderWay } from '../readmodel/PromotionsUnderWay';
import { ReadModel } from '../readmodel/ReadModel';
import { RepositoryState } from '../readmodel/RepositoryState';
import { Side } from '../readmodel/Side';

/** What a process is started with. */
export interface ProcessOptions {
  repository: RepositoryConfig;
  /** Where GitHub is asked; the actor's name is put after it. */
  githubApi: string;
  token: string;
  database: { client: string; connection: Knex.StaticConnectionConfig };
  /** What pull requests are given. */
  labels: string[];
  openingPace?: OpeningPace;
}

/** What an actor is to do. */
export type Order = { actor: string; by: string } & (
  | { what: 'promote'; to: string; images?: string[] }
  | { what: 'merge' | 'close'; promotion: string }
  | { what: 'webhook'; number: number }
  | { what: 'reconcile' }
  | { what: 'refresh' }
);

const SERVICE = 'demo';

const logger: LoggerService = {
  error() {},
  warn() {},
  info() {},
  debug() {},
  child: () => logger,
};

class Actors {
  readonly #options: ProcessOptions;
  readonly #readModel: ReadModel;
  readonly #actors = new Map<
    string,
    { engine: PromotionEngine; store: DatabasePromotionStore }
  >();

  static async start(options: ProcessOptions): Promise<Actors> {
    const knex = await openDatabase({
      getClient: async () => connect(options, 'reader'),
    });
    const upstreams = new DatabaseUpstreamStore(knex);
    const source = new RepositoryState({
      config: options.repository,
      github: repositoryOf(options, 'reader'),
      side: new Side(60_000),
      store: upstreams,
      logger,
    });
    const readModel = new ReadModel({
      repositories: [source],
      instances: [],
      store: upstreams,
      underWay: new PromotionsUnderWay(new DatabasePromotionStore(knex)),
    });
    await source.refresh();
    return new Actors(options, readModel);
  }

  private constructor(options: ProcessOptions, readModel: ReadModel) {
    this.#options = options;
    this.#readModel = readModel;
  }

  async follow(order: Order): Promise<Partial<StoredPromotion> | undefined> {
    const { engine, store } = this.#actor(order.actor);
    switch (order.what) {
      case 'promote': {
        const { promotion } = await engine.promote(
          this.#readModel.service(SERVICE),
          { from: 'local', to: order.to, images: order.images },
          { ...personOf(order.by), entityRef: 'component:default/demo' },
        );
        return promotion;
      }
      case 'merge': {
        const promotion = (await store.get(order.promotion))!;
        return engine.merge(
          promotion,
          promotion.headCommit!,
          personOf(order.by),
        );
      }
      case 'close':
        return engine.close((await store.get(order.promotion))!, order.by);
      case 'webhook':
        await engine.reconcilePullRequest(
          this.#options.repository.url,
          order.number,
        );
        return undefined;
      case 'refresh':
        await this.#readModel.service(SERVICE).source.refresh();
        return undefined;
      default:
        await engine.reconcile();
        return undefined;
    }
  }

  #actor(name: string) {
    const known = this.#actors.get(name);
    if (known) {
      return known;
    }
    const store = new DatabasePromotionStore(connect(this.#options, name));
    const engine = new PromotionEngine({
      readModel: this.#readModel,
      store,
      repositories: new Map([
        [this.#options.repository.url, repositoryOf(this.#options, name)],
      ]),
      gates: new PromotionGates({ policy: NO_POLICY, added: [], logger }),
      logger,
      pageUrl: entityRef => `http://backstage/${entityRef}`,
      onChange: () => {},
      pullRequest: {
        templates: {},
        labels: this.#options.labels,
        reviewers: [],
        teamReviewers: [],
        draft: false,
      },
      openingPace: this.#options.openingPace,
    });
    const actor = { engine, store };
    this.#actors.set(name, actor);
    return actor;
  }
}

// A file of SQLite has one connection at a time.
let shared: Knex | undefined;

function connect({ database }: ProcessOptions, name: string): Knex {
  if (database.client === 'pg') {
    return createKnex({
      client: 'pg',
      connection: { ...database.connection, application_name: name } as object,
      pool: { min: 0, max: 2 },
    });
  }
  shared ??= createKnex({ ...database, useNullAsDefault: true });
  return shared;
}

function repositoryOf(
  { repository, githubApi, token }: ProcessOptions,
  name: string,
): InfraRepository {
  const integrations = ScmIntegrations.fromConfig(
    new ConfigReader({
      integrations: {
        github: [
          {
            host: new URL(repository.url).host,
            apiBaseUrl: `${githubApi}/${name}`,
            token,
          },
        ],
      },
    }),
  );
  return createGithubRepository({
    repository,
    integrations,
    // More is written than by people, and nobody minds.
    rateLimits: new RateLimits({ pauseMs: 0 }),
    credentials:
      DefaultGithubCredentialsProvider.fromIntegrations(integrations),
  });
}

async function main(): Promise<void> {
  const actors = await Actors.start(JSON.parse(process.argv[2]));
  const answer = (value: object) =>
    process.stdout.write(`${JSON.stringify(value)}\n`);
  answer({ ready: true });
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, order } = JSON.parse(line) as { id: number; order: Order };
    actors.follow(order).then(
      promotion => answer({ id, promotion }),
      ({ name, message }) => answer({ id, error: { name, message } }),
    );
  }
}

main();

function personOf(userEntityRef: string): GatePerson {
  return { userEntityRef, ownershipEntityRefs: [userEntityRef] };
}
