/* eslint-disable jest/no-standalone-expect, jest/no-conditional-expect, @typescript-eslint/no-shadow, @typescript-eslint/no-use-before-define, no-loop-func */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { FAST, Sandbox, startSandbox } from '@gitops-infra/sandbox';
import createKnex, { Knex } from 'knex';
import { DatabasePromotionStore } from '../database/DatabasePromotionStore';
import { openDatabase } from '../database/openDatabase';
import { StoredPromotion } from '../database/PromotionStore';
import { eventually } from '../__testUtils__/eventually';
import { Hold, HeldUpGithub, HeldUpPostgres } from '../__testUtils__/HeldUp';
import { Order, ProcessOptions } from '../__testUtils__/promotionProcess';
import { overlayOf } from '../__testUtils__/promotionWorld';
import { Outcome, RunningPromotions } from '../__testUtils__/RunningPromotions';

/*
 * Real processes against a GitHub and a database on loopback. Each case is an environment of its own: its promotion is
 * held up at one step, before or after that took effect, and then the whole process is killed.
 */

jest.setTimeout(300_000);

const ANN = 'user:default/ann';

const LABELS = ['promotion'];

/** The writes that each action makes, in order, and what each is to GitHub, or to the database. */
const WRITES = {
  open: {
    github: {
      tree: /^POST .*\/git\/trees$/,
      commit: /^POST .*\/git\/commits$/,
      branch: /^POST .*\/git\/refs$/,
      'pull request': /^POST .*\/pulls$/,
      labels: /^POST .*\/issues\/\d+\/labels$/,
    },
    database: {
      requested: /insert into "promotions"/,
      commit: /set "head_commit" = /,
      opened: /set "pull_request_number" = .* "state" = /,
      labelled: /set "unlabelled" = /,
    },
  },
  /** Of one that GitHub did not let be opened at first. */
  resume: {
    github: {
      branch: /^POST .*\/git\/refs$/,
      'pull request': /^POST .*\/pulls$/,
      labels: /^POST .*\/issues\/\d+\/labels$/,
    },
    database: {
      'taken over': /set "beat" = /,
      opened: /set "pull_request_number" = .* "state" = /,
      labelled: /set "unlabelled" = /,
    },
  },
  update: {
    github: {
      tree: /^POST .*\/git\/trees$/,
      commit: /^POST .*\/git\/commits$/,
      branch: /^PATCH .*\/git\/refs\//,
      title: /^PATCH .*\/pulls\/\d+$/,
    },
    database: {
      intended: /set "intended" = /,
      updated: /"head_commit" = .* "intended" = /,
    },
  },
  rebuild: {
    github: {
      tree: /^POST .*\/git\/trees$/,
      commit: /^POST .*\/git\/commits$/,
      branch: /^PATCH .*\/git\/refs\//,
      title: /^PATCH .*\/pulls\/\d+$/,
    },
    database: {
      'looked at': /set "pull_request_status" = /,
      intended: /set "intended" = /,
      rebuilt: /"head_commit" = .* "intended" = /,
    },
  },
  merge: {
    github: {
      merge: /^PUT .*\/pulls\/\d+\/merge$/,
      branch: /^DELETE .*\/git\/refs\//,
    },
    database: {
      gates: /set "gates" = /,
      decision: /set "decision" = /,
      merged: /"merge_commit" = .* "state" = /,
    },
  },
  close: {
    github: {
      close: /^PATCH .*\/pulls\/\d+$/,
      branch: /^DELETE .*\/git\/refs\//,
    },
    database: {
      decision: /set "decision" = /,
      closed: /"state" = [^]*closed/,
    },
  },
  /** Closes one that has no pull request. */
  withdraw: {
    github: { branch: /^DELETE .*\/git\/refs\// },
    database: {
      decision: /set "decision" = /,
      closed: /"state" = [^]*closed/,
    },
  },
} as const;
type ActionName = keyof typeof WRITES;

interface Case {
  /** Of the environment, and of the actor. */
  name: string;
  title: string;
  action: ActionName;
  side: 'github' | 'database';
  hold: Hold;
  /** What is held up. */
  write: RegExp;
}

const CASES = (Object.keys(WRITES) as ActionName[]).flatMap(action =>
  (['github', 'database'] as const).flatMap(side =>
    Object.entries<RegExp>(WRITES[action][side]).flatMap(([step, write], at) =>
      [false, true].map((afterEffect): Case => {
        const name = `${action}-${side}-${at}-${
          afterEffect ? 'after' : 'before'
        }`;
        return {
          name,
          title: `${action}: ${step} (${side}), ${
            afterEffect ? 'after' : 'before'
          } it took effect`,
          action,
          side,
          hold: { actor: name, at, afterEffect },
          write,
        };
      }),
    ),
  ),
);

/** What somebody makes of an overlay while its pull request is open. */
const CHANGED = overlayOf({ demo: '1', worker: '7' });

const overlayPath = (environment: string) =>
  `apps/demo/overlays/${environment}/kustomization.yaml`;

const application = (repository: string, environment: string) => `
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: demo-${environment}
  namespace: argocd
  annotations:
    gitops-infra.dev/promotes-from: demo-local
spec:
  source: { repoURL: ${repository}, path: apps/demo/overlays/${environment}, targetRevision: main }
  destination: { namespace: demo-${environment} }
`;

/** A tree with an environment for each name, all promoted from local. */
const treeOf = (
  repository: string,
  tags: Record<string, string>,
  environments: string[],
) => ({
  'bootstrap/kustomization.yaml': `resources: [${[
    'demo-application.yaml',
    ...environments.map(name => `${name}.yaml`),
  ].join(', ')}]`,
  [overlayPath('local')]: overlayOf(tags),
  ...Object.fromEntries(
    environments.flatMap(name => [
      [`bootstrap/${name}.yaml`, application(repository, name)],
      [overlayPath(name), overlayOf({ demo: '1', worker: '1' })],
    ]),
  ),
});

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

describe.each(databases.eachSupportedId())(
  'promotion processes on %s',
  (databaseId: TestDatabaseId) => {
    const isPostgres = databaseId === 'POSTGRES_18';
    let scratch: string;
    let sandbox: Sandbox;
    let github: HeldUpGithub;
    let postgres: HeldUpPostgres | undefined;
    let knex: Knex;
    let store: DatabasePromotionStore;
    let options: ProcessOptions;
    const running: RunningPromotions[] = [];

    const start = async (
      openingPace?: ProcessOptions['openingPace'],
    ): Promise<RunningPromotions> => {
      const started = await RunningPromotions.start({
        ...options,
        openingPace,
      });
      running.push(started);
      return started;
    };

    beforeAll(async () => {
      scratch = mkdtempSync(join(tmpdir(), 'gitops-infra-kill-'));
      sandbox = await startSandbox({
        ports: { control: 0, github: 0, argocd: 0, registry: 0, kubernetes: 0 },
        timings: FAST,
      });
      github = await HeldUpGithub.start(sandbox.urls.github);
      if (isPostgres) {
        knex = await databases.init(databaseId);
        const { host, port, user, password, database } =
          knex.client.config.connection;
        postgres = await HeldUpPostgres.start({ host, port: Number(port) });
        options = {
          ...optionsOf(),
          database: {
            client: 'pg',
            connection: {
              host: '127.0.0.1',
              port: postgres.port,
              user,
              password,
              database,
            },
          },
        };
      } else {
        const filename = join(scratch, 'gitops.sqlite');
        const database = { client: 'better-sqlite3', connection: { filename } };
        knex = createKnex({ ...database, useNullAsDefault: true });
        options = { ...optionsOf(), database };
      }
      await openDatabase({ getClient: async () => knex });
      store = new DatabasePromotionStore(knex);
    });

    function optionsOf() {
      return {
        repository: {
          url: sandbox.urls.repository,
          owner: sandbox.repo.owner,
          name: sandbox.repo.name,
          branch: sandbox.repo.branch,
        },
        githubApi: github.url,
        token: sandbox.tokens.github,
        labels: LABELS,
      };
    }

    afterAll(async () => {
      await Promise.all(running.map(process => process.kill()));
      await github.close();
      await postgres?.close();
      await sandbox.close();
      if (!isPostgres) {
        await knex.destroy();
      }
      rmSync(scratch, { recursive: true, force: true });
    });

    const rowsOf = async (environment: string): Promise<StoredPromotion[]> =>
      (await allRows()).filter(({ to }) => to === environment);
    const allRows = async (): Promise<StoredPromotion[]> => {
      const ids = await knex('promotions').pluck('id');
      return Promise.all(ids.map(async id => (await store.get(id))!));
    };

    const labelsOf = async (pull: number): Promise<string[]> => {
      const { owner, name } = sandbox.repo;
      const answer = await fetch(
        `${sandbox.urls.github}/repos/${owner}/${name}/issues/${pull}/labels`,
        { headers: { authorization: `token ${sandbox.tokens.github}` } },
      );
      const labels: { name: string }[] = await answer.json();
      return labels.map(label => label.name);
    };

    describe('killed at a step', () => {
      const cases = CASES.filter(({ side }) => isPostgres || side === 'github');
      const outcomes = new Map<string, Outcome>();
      const held = new Map<string, string>();

      beforeAll(async () => {
        await sandbox.commit(
          treeOf(
            sandbox.urls.repository,
            { demo: '2', worker: '1' },
            cases.map(({ name }) => name),
          ),
          'Begin',
        );
        // A beat would be a write more.
        const first = await start({ beatMs: 600_000 });
        const ids = new Map<string, string>();
        const numbers = new Map<string, number>();
        for (const { name, action } of cases) {
          if (action === 'open') {
            continue;
          }
          const isKeptBack = ['resume', 'withdraw'].includes(action);
          if (isKeptBack) {
            github.withoutPulls.add(name);
          }
          const { error } = await first.order({
            actor: name,
            by: ANN,
            what: 'promote',
            to: name,
          });
          expect(error !== undefined).toBe(isKeptBack);
          const [{ id, pullRequest }] = await rowsOf(name);
          ids.set(name, id);
          numbers.set(name, pullRequest?.number ?? 0);
        }
        github.withoutPulls.clear();
        await sandbox.commit(
          {
            [overlayPath('local')]: overlayOf({ demo: '3', worker: '1' }),
            ...Object.fromEntries(
              cases
                .filter(({ action }) => action === 'rebuild')
                .map(({ name }) => [overlayPath(name), CHANGED]),
            ),
          },
          'Pin another version, and change overlays',
        );
        await first.order({ actor: 'refresh', by: ANN, what: 'refresh' });
        const orderOf = ({ name, action }: Case): Order => {
          const promotion = ids.get(name)!;
          const orders = {
            open: { what: 'promote', to: name },
            // For what it has already.
            resume: { what: 'promote', to: name },
            update: { what: 'promote', to: name },
            rebuild: { what: 'webhook', number: numbers.get(name)! },
            merge: { what: 'merge', promotion },
            close: { what: 'close', promotion },
            withdraw: { what: 'close', promotion },
          } as const;
          return { actor: name, by: ANN, ...orders[action] };
        };

        const holdsOf = (on: string) =>
          cases.flatMap(({ side, hold }) => (side === on ? [hold] : []));
        github.holds.set(holdsOf('github'));
        postgres?.holds.set(holdsOf('database'));
        for (const one of cases) {
          first
            .order(orderOf(one))
            .then(outcome => outcomes.set(one.name, outcome));
        }
        await eventually(() => {
          held.clear();
          for (const { holds } of [github, ...(postgres ? [postgres] : [])]) {
            holds.held.forEach((what, name) => held.set(name, what));
          }
          expect([...held.keys()].sort()).toEqual(
            cases.map(({ name }) => name).sort(),
          );
        });
        await first.kill();
        github.holds.set([]);
        postgres?.holds.set([]);

        // Long after.
        const second = await start({ silenceMs: 0 });
        await second.order({ actor: 'reconcile', by: ANN, what: 'reconcile' });
        // Who pressed presses again.
        for (const one of cases) {
          outcomes.set(one.name, await second.order(orderOf(one)));
        }
      });

      it.each(cases.map(one => [one.title, one] as const))(
        '%s: one of each, in the right state',
        async (_, { name, action, hold, write }) => {
          expect(held.get(name)).toMatch(write);
          const state = {
            open: 'open',
            resume: 'open',
            update: 'open',
            rebuild: 'open',
            merge: 'merged',
            close: 'closed',
            withdraw: 'closed',
          }[action];
          const rows = await rowsOf(name);
          expect(rows).toMatchObject([
            { state, requestedBy: ANN, error: undefined },
          ]);
          const [{ branch, pullRequest, headCommit }] = rows;
          const prefix = `gitops/promote/demo/${name}/`;
          const pulls = (await sandbox.pulls()).filter(pull =>
            pull.branch.startsWith(prefix),
          );
          // Nobody knew yet that it was to be withdrawn.
          const isOpenedFirst =
            action !== 'withdraw' ||
            (write.source.includes('decision') && !hold.afterEffect);
          expect(pulls).toMatchObject(
            isOpenedFirst
              ? [
                  {
                    state: state === 'open' ? 'open' : 'closed',
                    merged: state === 'merged',
                    number: pullRequest?.number,
                    branch,
                  },
                ]
              : [],
          );
          await Promise.all(
            pulls.map(async ({ number }) =>
              expect(await labelsOf(number)).toEqual(LABELS),
            ),
          );
          expect(outcomes.get(name)?.error).toBeUndefined();
          expect(await sandbox.readFile(overlayPath(name))).toBe(
            action === 'rebuild'
              ? CHANGED
              : overlayOf({
                  demo: action === 'merge' ? '2' : '1',
                  worker: '1',
                }),
          );
          if (state === 'open') {
            // What is made again has what it had, whatever its source has by now.
            const version = action === 'rebuild' ? '2' : '3';
            expect(await sandbox.head(branch)).toBe(headCommit);
            expect(await sandbox.readFile(overlayPath(name), branch)).toBe(
              overlayOf({
                demo: version,
                worker: action === 'rebuild' ? '7' : '1',
              }),
            );
            expect(pulls[0].title).toContain(`1 → ${version}`);
          }
          const events = (await store.timeline(rows[0].id)).map(
            ({ event }) => event,
          );
          expect(events).toEqual(
            {
              open: ['requested', 'opened'],
              // Its source has another version by now.
              resume: ['requested', 'opened', 'updated'],
              update: ['requested', 'opened', 'updated'],
              rebuild: ['requested', 'opened', 'rebuilt'],
              merge: ['requested', 'opened', 'merged'],
              close: ['requested', 'opened', 'closed'],
              withdraw: [
                'requested',
                ...(isOpenedFirst ? ['opened'] : []),
                'closed',
              ],
            }[action],
          );
        },
      );
    });

    // A file of SQLite is for one process.
    if (isPostgres) {
      describe('two of them at once', () => {
        const TARGETS = [
          'same',
          'other',
          'pressed',
          'hooked',
          'late',
          'missed',
        ];
        let processes: RunningPromotions[];
        const both = (
          order: Order,
          second: Order = order,
        ): Promise<Outcome[]> =>
          Promise.all([processes[0].order(order), processes[1].order(second)]);
        const promote = (to: string, images?: string[]): Order => ({
          actor: to,
          by: ANN,
          what: 'promote',
          to,
          images,
        });
        const look = async (target: string) => {
          const rows = await rowsOf(target);
          const pulls = (await sandbox.pulls()).filter(({ branch }) =>
            branch.startsWith(`gitops/promote/demo/${target}/`),
          );
          expect([rows.length, pulls.length]).toEqual([1, 1]);
          const events = await store.timeline(rows[0].id);
          return {
            row: rows[0],
            pull: pulls[0],
            events: events.map(({ event }) => event),
          };
        };

        beforeAll(async () => {
          await sandbox.commit(
            treeOf(
              sandbox.urls.repository,
              { demo: '2', worker: '2' },
              TARGETS,
            ),
            'Begin anew',
          );
          processes = [await start(), await start()];
        });

        it('asked for the same: one of each, and both are told of it', async () => {
          const outcomes = await both(promote('same'));
          const { row, pull, events } = await look('same');
          expect(outcomes).toMatchObject([
            { promotion: { id: row.id, state: 'open' } },
            { promotion: { id: row.id, state: 'open' } },
          ]);
          expect(row.pullRequest?.number).toBe(pull.number);
          expect(await sandbox.head(row.branch)).toBe(row.headCommit);
          expect(events).toEqual(['requested', 'opened']);
        });

        it('asked for different pins of one target: one of each, and who came too late is told so', async () => {
          const outcomes = await both(
            promote('other', ['demo']),
            promote('other', ['worker']),
          );
          const { row } = await look('other');
          for (const { promotion, error } of outcomes) {
            expect(promotion?.id ?? row.id).toBe(row.id);
            expect(error?.name ?? 'ConflictError').toBe('ConflictError');
            expect(error?.message ?? 'try again').toMatch(/try again/);
          }
          expect(outcomes.some(({ promotion }) => promotion)).toBe(true);
          const [tags] = row.changes.map(({ name }) =>
            overlayOf({
              demo: name === 'demo' ? '2' : '1',
              worker: name === 'worker' ? '2' : '1',
            }),
          );
          expect(row.changes).toHaveLength(1);
          expect(await sandbox.head(row.branch)).toBe(row.headCommit);
          expect(await sandbox.readFile(overlayPath('other'), row.branch)).toBe(
            tags,
          );
        });

        it('asked to merge and to close: one of the two, in the list as on GitHub', async () => {
          await processes[0].order(promote('pressed'));
          const { row } = await look('pressed');
          const order = { actor: 'pressed', by: ANN, promotion: row.id };
          await both({ ...order, what: 'merge' }, { ...order, what: 'close' });
          await processes[0].order({
            actor: 'pressed',
            by: ANN,
            what: 'reconcile',
          });
          const ended = await look('pressed');
          expect(ended.row.state).toBe(ended.pull.merged ? 'merged' : 'closed');
          expect(ended.pull.state).toBe('closed');
          expect(ended.events).toEqual([
            'requested',
            'opened',
            ended.row.state,
          ]);
        });

        it.each([
          ['doubled, to both', 'hooked', 2],
          ['late and out of order', 'late', 1],
          ['missing', 'missed', 0],
        ])('webhooks %s: merged once', async (_, target, times) => {
          const webhook = (number: number): Order => ({
            actor: target,
            by: ANN,
            what: 'webhook',
            number,
          });
          await processes[0].order(promote(target));
          const { pull } = await look(target);
          await sandbox.merge(pull.number);
          for (let time = 0; time < times; time++) {
            await both(webhook(pull.number));
          }
          if (times === 0) {
            await both({ actor: target, by: ANN, what: 'reconcile' });
          }
          // Of its opening, when it is over.
          await both(webhook(pull.number), webhook(pull.number + 100));
          const { row, events } = await look(target);
          expect(row).toMatchObject({
            state: 'merged',
            mergeCommit: expect.any(String),
          });
          expect(events).toEqual(['requested', 'opened', 'merged']);
        });
      });
    }
  },
);
