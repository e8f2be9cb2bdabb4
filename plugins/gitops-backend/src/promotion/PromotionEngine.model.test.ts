/* eslint-disable jest/no-standalone-expect, jest/no-conditional-expect, jest/expect-expect, @typescript-eslint/no-shadow */

import {
  ApplicationStatus,
  nextPromotionState,
  parseApplication,
  PROMOTION_STATES,
  PromotionEvent,
  PromotionRequest,
  PromotionState,
} from '@gitops-infra/backstage-plugin-gitops-common';
import fc from 'fast-check';
import { MergeMethod } from '../config';
import { StoredPromotion } from '../database/PromotionStore';
import { toGithubError } from '../github/githubErrors';
import { Disturbance, Life, mortal } from '../__testUtils__/mortal';
import {
  ASKER,
  createPromotionWorld,
  INFRA_URL,
  overlayOf,
} from '../__testUtils__/promotionWorld';
import { testDatabases } from '../__testUtils__/testDatabases';

/*
 * People, GitHub, Argo CD and processes that die do at random what they can do, one step after the other. After each
 * step the list of promotions and the repository are held against what must be true always; after each reconcile that
 * nothing disturbed, against what must be true once everything was looked at.
 */

/** More of them find more; a thousand take a minute or two. */
const RUNS = Number(process.env.MODEL_RUNS ?? 100);
// The same ones each time, unless more are asked for: those are others each time.
const SEED = process.env.MODEL_RUNS ? undefined : 20_261_127;
const MAX_COMMANDS = 30;

const SOURCES = { stage: 'local', prod: 'stage' } as const;
type Target = keyof typeof SOURCES;
type EnvironmentName = Target | 'local';
const TARGETS: Target[] = ['stage', 'prod'];
const IMAGES = ['demo', 'worker'] as const;
type Pins = Record<(typeof IMAGES)[number], string>;

const pathOf = (environment: EnvironmentName) =>
  `apps/demo/overlays/${environment}/kustomization.yaml`;

function pinsOf(text: string | undefined): Pins {
  const tags = [...(text ?? '').matchAll(/newTag: "(.*?)"/g)];
  return { demo: tags[0]?.[1], worker: tags[1]?.[1] };
}

/** Why an open promotion is left as it is where the deployed branch changed. */
const ALREADY_THERE = 'there is nothing left to merge';

type World = Awaited<ReturnType<typeof createPromotionWorld>>;

/** Nothing is predicted; what is there is looked at and held against the rules. */
interface Seen {
  /** What had an open pull request when it was last looked. */
  open: Set<Target>;
}

/** What is there, with what has to be remembered to judge it. */
class Reality {
  readonly #states = new Map<string, PromotionState>();
  /** Commits that people pushed to branches of promotions, until they threw them away themselves. */
  readonly #pushed = new Map<string, string>();
  /** Heads of the deployed branch that people made. */
  readonly #committed: Set<string>;
  readonly #statuses = new Map<Target, ApplicationStatus>();
  /** Whether GitHub did not take a title: then what it has is followed all the same. */
  keepsTitle = false;
  /** Pull requests that people reopened after their promotion had ended: they are theirs. */
  readonly reopened = new Set<number>();
  /** Pull requests that people merged with commits that had been taken off the deployed branch. */
  readonly #broughtBack = new Set<number>();
  #judged = 0;

  constructor(readonly world: World, readonly mergeMethod: MergeMethod) {
    this.#committed = new Set(world.github.history(this.main));
  }

  get main(): string {
    return this.world.github.branches.get('main')!;
  }

  pins(environment: EnvironmentName, revision: string = 'main'): Pins {
    return pinsOf(this.world.github.file(revision, pathOf(environment)));
  }

  pull(target: Target) {
    return this.world.github.pulls.find(
      ({ branch, state }) => state === 'open' && targetOf(branch) === target,
    );
  }

  /** A request, with the versions that it asks for. */
  requestOf(
    to: Target,
    source: Source,
  ): { request: PromotionRequest; want: Partial<Pins> } {
    switch (source.kind) {
      case 'environment': {
        const { images } = source;
        const pins = this.pins(SOURCES[to]);
        return {
          request: { from: SOURCES[to], to, images },
          want: Object.fromEntries(
            (images ?? IMAGES).map(image => [image, pins[image]]),
          ),
        };
      }
      case 'version': {
        const { image, version } = source;
        return {
          request: { version, to, images: [image] },
          want: { [image]: version },
        };
      }
      default: {
        const states = [this.main];
        for (
          let [at] = this.world.github.parents(this.main);
          at && this.pins(to, at).worker;
          [at] = this.world.github.parents(at)
        ) {
          states.push(at);
        }
        const commit = states[source.back % states.length];
        return {
          request: { rollbackTo: commit, to },
          want: this.pins(to, commit),
        };
      }
    }
  }

  row(target: Target): Promise<StoredPromotion | undefined> {
    return this.world.store.findOpen(INFRA_URL, 'demo', target);
  }

  hasPushes(target: Target): boolean {
    return [...this.#pushed.values()].some(
      branch => targetOf(branch) === target,
    );
  }

  async hasGivenUpAnUpdate(): Promise<boolean> {
    const rows = await this.world.promotions();
    return rows.some(({ error }) => error?.startsWith('Somebody pushed to'));
  }

  /** Whether a person made it what it is, or brought it up to date with what has been taken off the branch since. */
  isPushed(commit: string): boolean {
    const { github } = this.world;
    const lost = github
      .parents(commit)
      .some(
        parent =>
          this.#committed.has(parent) &&
          !github.history(this.main).includes(parent),
      );
    return lost || this.#pushed.has(commit);
  }

  /** A process of its own; one that is killed leaves it to the next to go on. */
  engine(life: Life = new Life()) {
    return mortal(this.world, life, {
      mergeMethod: this.mergeMethod,
      looks: true,
    });
  }

  async run(event: Event): Promise<void> {
    const { github, source } = this.world;
    switch (event.type) {
      case 'commit': {
        const { environment, image, version } = event;
        const pins = { ...this.pins(environment), [image]: version };
        this.#committed.add(
          github.commit({ [pathOf(environment)]: overlayOf(pins) }),
        );
        break;
      }
      case 'other commit':
        this.#committed.add(github.commit({ 'NOTE.md': this.main }));
        break;
      case 'move back':
        // Before the first state that people made there are no such pins.
        if (this.pins('stage', github.parents(this.main)[0]).worker) {
          github.moveBack();
          this.#committed.add(this.main);
        }
        break;
      case 'push': {
        const pull = this.pull(event.target);
        if (pull && github.branches.has(pull.branch)) {
          const { branch } = pull;
          const { target, pin } = event;
          const files = pin && {
            [pathOf(target)]: overlayOf({
              ...this.pins(target, branch),
              [pin.image]: pin.version,
            }),
          };
          this.#pushed.set(github.push(branch, files), branch);
        }
        break;
      }
      case 'merge': {
        const pull = this.pull(event.target);
        const isMoved =
          pull &&
          [...this.#committed].some(
            sha =>
              github.history(pull.headCommit).includes(sha) &&
              !github.history(this.main).includes(sha),
          );
        const merged = pull && github.mergeAsPerson(pull.number);
        if (merged && isMoved) {
          this.#broughtBack.add(pull.number);
        }
        if (merged && event.deleteBranch) {
          this.#remove(pull.branch);
        }
        break;
      }
      case 'update branch': {
        const pull = this.pull(event.target);
        if (pull && github.branches.has(pull.branch)) {
          const pushed = this.#pushed.has(pull.headCommit);
          const sha = github.updateBranch(pull.number);
          // That can bring back what was taken off the deployed branch, in other files.
          const others =
            sha &&
            github
              .changedPaths(this.main, sha)
              .filter(path => path !== pathOf(event.target));
          if (sha && (pushed || others?.length)) {
            this.#pushed.set(sha, pull.branch);
          }
        }
        break;
      }
      case 'close':
        Object.assign(this.pull(event.target) ?? {}, { state: 'closed' });
        break;
      case 'reopen': {
        const last = github.pulls.findLast(
          ({ branch, merged }) => targetOf(branch) === event.target && !merged,
        );
        // Nobody can keep a person from reopening one beside another.
        if (
          last &&
          !this.pull(event.target) &&
          !(await this.row(event.target))
        ) {
          github.restoreBranch(last.number);
          github.reopen(last.number);
          this.reopened.add(last.number);
        }
        break;
      }
      case 'delete branch': {
        const pull = this.pull(event.target);
        if (pull) {
          this.#remove(pull.branch);
        }
        break;
      }
      default:
        await source.refresh();
    }
  }

  #remove(branch: string): void {
    this.world.github.removeBranch(branch);
    for (const [commit, of] of this.#pushed) {
      if (of === branch) {
        this.#pushed.delete(commit);
      }
    }
  }

  /** Argo CD reports an environment, and promotions are looked at, as after each report. */
  async report(target: Target, phase: Rollout): Promise<void> {
    const pins = this.pins(target);
    const before = this.#statuses.get(target);
    const old = before?.images ?? IMAGES.map(image => `registry/${image}:0`);
    const desired = IMAGES.map(image => `registry/${image}:${pins[image]}`);
    const is = {
      'out of sync': ['OutOfSync', 'Healthy', 'Succeeded', old],
      running: ['Synced', 'Healthy', 'Running', old],
      // Health has not noticed the new pods.
      'not noticed': ['Synced', 'Healthy', 'Succeeded', old],
      partly: ['Synced', 'Progressing', 'Succeeded', [...old, ...desired]],
      'all but the end of the old': [
        'Synced',
        'Healthy',
        'Succeeded',
        [...old, ...desired],
      ],
      failed: ['Synced', 'Degraded', 'Succeeded', desired],
      done: ['Synced', 'Healthy', 'Succeeded', desired],
    }[phase] as [string, string, string, string[]];
    const [sync, health, operation, images] = is;
    this.#statuses.set(
      target,
      parseApplication('main', {
        metadata: { name: `demo-${target}`, namespace: 'argocd' },
        spec: { source: { path: `apps/demo/overlays/${target}` } },
        status: {
          sync: { status: sync, revision: this.main },
          health: { status: health },
          operationState: { phase: operation },
          summary: { images: [...new Set(images)] },
        },
      })!,
    );
    await this.world.argocd.replaceAll([...this.#statuses.values()]);
    await this.engine().settle(INFRA_URL, 'demo');
  }

  /** What must be true after each step. */
  async check(): Promise<void> {
    const { github, promotions } = this.world;
    const rows = await promotions();

    for (const target of TARGETS) {
      const holding = rows.filter(
        ({ to, state }) =>
          to === target && ['requested', 'open'].includes(state),
      );
      const pulls = github.pulls.filter(
        ({ branch, state }) => state === 'open' && targetOf(branch) === target,
      );
      expect([holding.length, pulls.length]).toEqual([
        Math.min(holding.length, 1),
        Math.min(pulls.length, 1),
      ]);
    }

    // A state only moves forward, and deployed is said only of what runs alone.
    for (const { id, state, changes, to } of rows) {
      const before = this.#states.get(id);
      this.#states.set(id, state);
      expect(before === undefined || isAfter(before, state)).toBe(true);
      if (state === 'deployed' && before !== 'deployed') {
        const { images, health, sync } = this.#statuses.get(to as Target)!;
        expect([health.status, sync.status]).toEqual(['Healthy', 'Synced']);
        for (const { image, after } of changes) {
          expect(images.filter(live => live.startsWith(`${image}:`))).toEqual([
            `${image}:${after.tag}`,
          ]);
        }
      }
    }

    // The deployed branch has what people committed, and merges; nothing is pushed to it.
    const merges = new Map(
      github.pulls.flatMap(({ mergeCommit, headCommit }) =>
        mergeCommit ? [[mergeCommit, headCommit] as const] : [],
      ),
    );
    for (
      let at: string | undefined = this.main;
      at && !this.#committed.has(at);
      at = github.parents(at)[0]
    ) {
      expect([...merges.keys()]).toContain(at);
      this.#committed.add(at);
    }

    // What a person pushed is where it was, or merged.
    for (const [commit, branch] of this.#pushed) {
      const kept = [branch, 'main'].some(name =>
        github.history(github.branches.get(name) ?? '').includes(commit),
      );
      expect(kept || [...merges.values()].includes(commit)).toBe(true);
    }

    // A commit changes tags of one overlay, and nothing else of it.
    for (const commit of github.made.slice(this.#judged)) {
      const base = github.parents(commit).at(-1)!;
      const paths = github.changedPaths(base, commit);
      expect(paths.length).toBeLessThanOrEqual(1);
      for (const path of paths) {
        expect(TARGETS.map(pathOf)).toContain(path);
        const [before, after] = [base, commit].map(sha =>
          github.file(sha, path)!.replace(/newTag: ".*?"/g, 'newTag'),
        );
        expect(after).toBe(before);
      }
    }
    this.#judged = github.made.length;
  }

  /** The head of the deployed branch, as it was last read. */
  knownHead(): string {
    return this.world.service().repository.head;
  }

  /** What must be true once everything was looked at, with nothing in the way. */
  async checkReconciled(): Promise<void> {
    const { github, promotions } = this.world;
    const rows = await promotions();

    for (const row of rows) {
      const { state, pullRequest, headCommit, changes, title, error } = row;
      const pull = github.pulls[(pullRequest?.number ?? 0) - 1];
      if (pull && this.reopened.has(pull.number)) {
        expect(state).toBe('closed');
        continue;
      }
      expect([state, pull?.state, pull?.merged ?? false]).toEqual(
        {
          requested: 'none stays so',
          open: ['open', 'open', false],
          merged: ['merged', 'closed', true],
          deployed: ['deployed', 'closed', true],
          superseded: ['superseded', 'closed', true],
          closed: ['closed', pull && 'closed', false],
        }[state],
      );
      // Nothing is lost without a word.
      const last = (await this.world.store.timeline(row.id)).at(-1);
      expect(state !== 'closed' || pull || error || last?.who).toBeTruthy();

      const isEmptied =
        pull?.headCommit !== headCommit && error?.includes(ALREADY_THERE);
      if (state === 'open' && !this.isPushed(pull.headCommit) && !isEmptied) {
        expect(pull.headCommit).toBe(headCommit);
        expect(this.keepsTitle || pull.title === title).toBe(true);
        expect(this.pins(row.to as Target, headCommit)).toMatchObject(
          pinsAfter(changes),
        );
        // What it would be merged to, unless it says why not.
        expect([
          this.pins(row.to as Target, headCommit),
          error ?? ALREADY_THERE,
        ]).toEqual([
          {
            ...this.pins(
              row.to as Target,
              error ? headCommit : this.knownHead(),
            ),
            ...pinsAfter(changes),
          },
          expect.stringContaining(ALREADY_THERE),
        ]);
      }
      if (pull?.mergeCommit && !this.#broughtBack.has(pull.number)) {
        // What is kept is what was merged, whoever had pushed to it.
        const [before] = github.parents(pull.mergeCommit);
        const merged = this.pins(row.to as Target, pull.mergeCommit);
        expect(merged).toMatchObject(pinsAfter(changes));
        if (pull.headCommit === headCommit) {
          // The merge changes the pins that the promotion names, and no other.
          expect(merged).toEqual({
            ...this.pins(row.to as Target, before),
            ...pinsAfter(changes),
          });
        }
        const paths = github.changedPaths(before, pull.mergeCommit);
        const own = [pathOf(row.to as Target), 'apps/person.yaml'];
        expect(paths.filter(path => !own.includes(path))).toEqual([]);
      }
    }

    // Every pull request is one promotion's, and what was merged is known to be.
    for (const { number, merged } of github.pulls) {
      const of = rows.filter(row => row.pullRequest?.number === number);
      expect(of).toHaveLength(1);
      expect(
        !merged ||
          this.reopened.has(number) ||
          ['merged', 'deployed', 'superseded'].includes(of[0].state),
      ).toBe(true);
    }

    const followed = rows.flatMap(({ state, pullRequest }) =>
      state === 'open' ? [pullRequest?.number] : [],
    );
    const open = github.pulls.flatMap(({ state, number }) =>
      state === 'open' && !this.reopened.has(number) ? [number] : [],
    );
    expect(followed.sort()).toEqual(open.sort());
  }
}

function targetOf(branch: string): string | undefined {
  return /^gitops\/promote\/demo\/(.*?)\//.exec(branch)?.[1];
}

function pinsAfter(changes: StoredPromotion['changes']): Partial<Pins> {
  return Object.fromEntries(
    changes.map(({ name, after }) => [name, after.tag]),
  );
}

function isAfter(before: PromotionState, state: PromotionState): boolean {
  return (
    before === state ||
    (Object.keys(PROMOTION_STATES[before]) as PromotionEvent[]).some(event =>
      isAfter(nextPromotionState(before, event), state),
    )
  );
}

/** What happens without the engine. */
type Event =
  | {
      type: 'commit';
      environment: EnvironmentName;
      image: (typeof IMAGES)[number];
      version: string;
    }
  | { type: 'other commit' }
  /** The deployed branch, by force. */
  | { type: 'move back' }
  | {
      type: 'push';
      target: Target;
      /** A version that is pushed into the overlay; another file where absent. */
      pin?: { image: (typeof IMAGES)[number]; version: string };
    }
  | { type: 'merge'; target: Target; deleteBranch: boolean }
  | { type: 'update branch'; target: Target }
  | { type: 'close'; target: Target }
  | { type: 'reopen'; target: Target }
  | { type: 'delete branch'; target: Target }
  | { type: 'webhook of a push' };

type Rollout =
  | 'out of sync'
  | 'running'
  | 'not noticed'
  | 'partly'
  | 'all but the end of the old'
  | 'failed'
  | 'done';

/** Where versions are to come from. */
type Source =
  | { kind: 'environment'; images?: (typeof IMAGES)[number][] }
  | { kind: 'version'; image: (typeof IMAGES)[number]; version: string }
  /** As many states of the deployed branch ago. */
  | { kind: 'rollback'; back: number };

/** What somebody presses, or what comes by itself. */
type Action =
  | { type: 'request'; target: Target; source: Source; by: string }
  | { type: 'merge'; target: Target; by: string }
  | { type: 'close'; target: Target; by: string }
  | { type: 'webhook'; number: number }
  | { type: 'reconcile' };

/** What disturbs an action at one of its steps. */
type Interruption = { at: number } & (
  | { how: 'killed before' | 'killed after' | 'no answer' | 'done, no answer' }
  | { how: 'status'; status: number }
  | { how: 'event'; event: Event }
  | { how: 'action'; action: Action }
);

const NO_ANSWER = toGithubError(new Error('timeout'), 'do it', 'demo/infra');

function disturbanceOf(
  reality: Reality,
  interruption: Interruption,
): Disturbance {
  const { at, how } = interruption;
  switch (how) {
    case 'killed before':
    case 'killed after':
      return { at, afterEffect: how === 'killed after' };
    case 'no answer':
    case 'done, no answer':
      return { at, afterEffect: how === 'done, no answer', how: NO_ANSWER };
    case 'status': {
      const answer = { data: { message: 'no' }, headers: {} };
      return {
        at,
        afterEffect: false,
        how: toGithubError(
          { status: interruption.status, message: 'no', response: answer },
          'do it',
          'demo/infra',
        ),
      };
    }
    case 'event':
      return {
        at,
        afterEffect: false,
        how: () => reality.run(interruption.event),
      };
    default:
      return {
        at,
        afterEffect: false,
        how: () => act(reality, interruption.action).catch(() => {}),
      };
  }
}

/** Lets a process do something; rejects as the engine does. */
async function act(
  reality: Reality,
  action: Action,
  life?: Life,
): Promise<StoredPromotion | undefined> {
  const engine = reality.engine(life);
  switch (action.type) {
    case 'request': {
      const { promotion } = await reality.world.promote(
        reality.requestOf(action.target, action.source).request,
        engine,
        { ...ASKER, userEntityRef: action.by },
      );
      return promotion;
    }
    case 'merge': {
      const row = await reality.row(action.target);
      return (
        row &&
        engine.merge(row, row.headCommit!, {
          ...ASKER,
          userEntityRef: action.by,
        })
      );
    }
    case 'close': {
      const row = await reality.row(action.target);
      return row && engine.close(row, action.by);
    }
    case 'webhook':
      await engine.reconcilePullRequest(INFRA_URL, action.number);
      return undefined;
    default:
      await engine.reconcile();
      return undefined;
  }
}

abstract class Step implements fc.AsyncCommand<Seen, Reality> {
  check(_seen: Readonly<Seen>): boolean {
    return true;
  }

  async run(seen: Seen, reality: Reality): Promise<void> {
    await this.take(reality);
    await reality.check();
    seen.open = new Set(TARGETS.filter(target => reality.pull(target)));
  }

  abstract take(reality: Reality): Promise<void>;
}

class Happens extends Step {
  constructor(private readonly event: Event) {
    super();
  }

  check({ open }: Readonly<Seen>): boolean {
    return (
      !('target' in this.event) ||
      this.event.type === 'reopen' ||
      open.has(this.event.target)
    );
  }

  async take(reality: Reality): Promise<void> {
    await reality.run(this.event);
  }

  toString = () => `on GitHub ${JSON.stringify(this.event)}`;
}

class Reports extends Step {
  constructor(
    private readonly target: Target,
    private readonly phase: Rollout,
  ) {
    super();
  }

  async take(reality: Reality): Promise<void> {
    await reality.report(this.target, this.phase);
  }

  toString = () => `Argo CD: ${this.target} ${this.phase}`;
}

class Disturbed extends Step {
  constructor(
    private readonly action: Action,
    private readonly interruption: Interruption,
  ) {
    super();
  }

  async take(reality: Reality): Promise<void> {
    const life = new Life(disturbanceOf(reality, this.interruption));
    await act(reality, this.action, life).catch(() => {});
    reality.keepsTitle ||=
      this.interruption.how === 'status' &&
      life.disturbedAt === 'updatePullRequest';
  }

  toString = () =>
    `${JSON.stringify(this.action)} while ${JSON.stringify(this.interruption)}`;
}

class AtOnce extends Step {
  constructor(private readonly actions: Action[]) {
    super();
  }

  async take(reality: Reality): Promise<void> {
    await Promise.allSettled(this.actions.map(action => act(reality, action)));
  }

  toString = () => `at once ${JSON.stringify(this.actions)}`;
}

/** Undisturbed, so that what comes of it is known. */
class Does extends Step {
  constructor(private readonly action: Action) {
    super();
  }

  check({ open }: Readonly<Seen>): boolean {
    return this.action.type !== 'merge' || open.has(this.action.target);
  }

  async take(reality: Reality): Promise<void> {
    const { action } = this;
    switch (action.type) {
      case 'request':
        return this.#request(reality, action);
      case 'merge':
        return this.#merge(reality, action);
      case 'close': {
        const row = await reality.row(action.target);
        const closed = await outcome(act(reality, action));
        if (row && !closed.error) {
          expect(closed.promotion).toMatchObject({
            id: row.id,
            state: 'closed',
          });
          expect(reality.pull(action.target)).toBeUndefined();
        }
        return undefined;
      }
      case 'reconcile': {
        // One that reads a newer head after a merge leaves what that means for the others to the next one, and so does one that
        // finds somebody's commits where it wanted to go on with an update.
        let known: string;
        do {
          known = reality.knownHead();
          await act(reality, action);
          if (await reality.hasGivenUpAnUpdate()) {
            await act(reality, action);
          }
        } while (reality.knownHead() !== known);
        return reality.checkReconciled();
      }
      default:
        await act(reality, action);
        return undefined;
    }
  }

  async #request(
    reality: Reality,
    action: Action & { type: 'request' },
  ): Promise<void> {
    const { target, source } = action;
    const have = reality.pins(target);
    const { want } = reality.requestOf(target, source);
    const moved = IMAGES.filter(
      image => image in want && have[image] !== want[image],
    );
    const open = reality.pull(target);
    const hasPushes =
      reality.hasPushes(target) ||
      (open && reality.isPushed(open.headCommit)) === true;
    const { promotion, error } = await outcome(act(reality, action));
    if (error) {
      const expected = [
        ...(moved.length === 0 ? [/^Nothing to promote/] : []),
        // Of a person, who decides what is to become of them.
        ...(hasPushes ? [/Somebody pushed to/] : []),
        ...(open && reality.reopened.has(open.number)
          ? [/was reopened on GitHub/]
          : []),
      ];
      expect([error.name, error.message]).toEqual([
        'ConflictError',
        expect.stringMatching(
          new RegExp(
            expected.map(({ source }) => source).join('|') || '^never',
          ),
        ),
      ]);
      return;
    }
    expect(promotion).toMatchObject({ state: 'open', to: target });
    expect(pinsAfter(promotion!.changes)).toEqual(
      Object.fromEntries(moved.map(image => [image, want[image]])),
    );
    const pull = reality.pull(target)!;
    expect(pull.number).toBe(promotion!.pullRequest!.number);
    if (!reality.isPushed(pull.headCommit)) {
      expect(pull.headCommit).toBe(promotion!.headCommit);
      expect(reality.pins(target, pull.headCommit)).toEqual({
        ...reality.pins(target, promotion!.baseCommit),
        ...pinsAfter(promotion!.changes),
      });
    }
  }

  async #merge(
    reality: Reality,
    action: Action & { type: 'merge' },
  ): Promise<void> {
    const pull = reality.pull(action.target)!;
    const wasPushed = reality.isPushed(pull.headCommit);
    const { promotion } = await outcome(act(reality, action));
    // Only what was made and reviewed.
    expect(pull.merged && wasPushed).toBe(false);
    if (promotion?.state === 'merged') {
      expect(pull).toMatchObject({ merged: true, mergeCommit: reality.main });
      expect(promotion.mergedBy).toBe(action.by);
    }
  }

  toString = () => JSON.stringify(this.action);
}

async function outcome(
  promise: Promise<StoredPromotion | undefined>,
): Promise<{ promotion?: StoredPromotion; error?: Error }> {
  try {
    return { promotion: await promise };
  } catch (error) {
    return { error: error as Error };
  }
}

const target = fc.constantFrom<Target>('stage', 'stage', 'stage', 'prod');
const by = fc.constantFrom('user:default/ann', 'user:default/bob');
const commit: fc.Arbitrary<Event> = fc.record({
  type: fc.constant('commit' as const),
  environment: fc.constantFrom<EnvironmentName>(
    'local',
    'local',
    'stage',
    'prod',
  ),
  image: fc.constantFrom(...IMAGES),
  version: fc.constantFrom('1', '2', '3'),
});
const onPull: fc.Arbitrary<Event> = fc.oneof(
  fc.record(
    {
      type: fc.constant('push' as const),
      target,
      pin: fc.record({
        image: fc.constantFrom(...IMAGES),
        version: fc.constantFrom('1', '2', '3'),
      }),
    },
    { requiredKeys: ['type', 'target'] },
  ),
  fc.record({
    type: fc.constant('merge' as const),
    target,
    deleteBranch: fc.boolean(),
  }),
  fc.record({
    type: fc.constantFrom(
      'close' as const,
      'delete branch' as const,
      'update branch' as const,
    ),
    target,
  }),
);
// Not in the middle of an action: GitHub merges what it is asked to, whatever the deployed branch has become since that was looked at.
const moveBack = fc.constant<Event>({ type: 'move back' });
// Not in the middle of an action: GitHub has no way to open one only where no other is open.
const reopen: fc.Arbitrary<Event> = fc.record({
  type: fc.constant('reopen' as const),
  target,
});
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 3, arbitrary: commit },
  { weight: 4, arbitrary: onPull },
  fc.record({
    type: fc.constantFrom(
      'other commit' as const,
      'webhook of a push' as const,
    ),
  }),
);
const source: fc.Arbitrary<Source> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record(
      {
        kind: fc.constant('environment' as const),
        images: fc.subarray([...IMAGES], { minLength: 1 }),
      },
      { requiredKeys: ['kind'] },
    ),
  },
  fc.record({
    kind: fc.constant('version' as const),
    image: fc.constantFrom(...IMAGES),
    version: fc.constantFrom('1', '2', '3'),
  }),
  fc.record({ kind: fc.constant('rollback' as const), back: fc.nat(5) }),
);
const request: fc.Arbitrary<Action> = fc.record({
  type: fc.constant('request' as const),
  target,
  source,
  by,
});
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: request },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom('merge' as const, 'close' as const),
      target,
      by,
    }),
  },
  fc.record({
    type: fc.constant('webhook' as const),
    number: fc.integer({ min: 1, max: 6 }),
  }),
  { weight: 2, arbitrary: fc.constant({ type: 'reconcile' as const }) },
);
const interruption: fc.Arbitrary<Interruption> = fc
  .oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        how: fc.constantFrom('killed before' as const, 'killed after' as const),
      }),
    },
    fc.record({
      how: fc.constantFrom('no answer' as const, 'done, no answer' as const),
    }),
    fc.record({
      how: fc.constant('status' as const),
      status: fc.constantFrom(401, 403, 404, 409, 422, 429, 500, 502),
    }),
    {
      weight: 2,
      arbitrary: fc.record({ how: fc.constant('event' as const), event }),
    },
    fc.record({ how: fc.constant('action' as const), action }),
  )
  .chain(rest => fc.nat(6).map(at => ({ at, ...rest })));

const steps = [
  action.map(what => new Does(what)),
  action.map(what => new Does(what)),
  fc.tuple(action, interruption).map(args => new Disturbed(...args)),
  fc.tuple(action, interruption).map(args => new Disturbed(...args)),
  fc
    .array(action, { minLength: 2, maxLength: 3 })
    .map(actions => new AtOnce(actions)),
  event.map(what => new Happens(what)),
  event.map(what => new Happens(what)),
  reopen.map(what => new Happens(what)),
  moveBack.map(what => new Happens(what)),
  fc
    .tuple(
      target,
      fc.constantFrom<Rollout>(
        'out of sync',
        'running',
        'not noticed',
        'partly',
        'all but the end of the old',
        'failed',
        'done',
        'done',
      ),
    )
    .map(args => new Reports(...args)),
];

const databases = testDatabases('SQLITE_3');

describe('PromotionEngine, whatever happens', () => {
  const setup = async (mergeMethod: MergeMethod) => {
    const world = await createPromotionWorld(await databases.init('SQLITE_3'));
    world.github.commit({
      [pathOf('local')]: overlayOf({ demo: '2', worker: '2' }),
      [pathOf('stage')]: overlayOf({ demo: '1', worker: '1' }),
      [pathOf('prod')]: overlayOf({ demo: '1', worker: '1' }),
    });
    await world.source.refresh();
    return {
      model: { open: new Set<Target>() },
      real: new Reality(world, mergeMethod),
    };
  };

  it(
    'keeps the rules of promotions after each step, and after each reconcile all of them',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom<MergeMethod>('merge', 'squash'),
          fc.commands(steps, { maxCommands: MAX_COMMANDS, size: 'max' }),
          async (mergeMethod, commands) => {
            const { model, real } = await setup(mergeMethod);
            await fc.asyncModelRun(
              () => ({ model, real }),
              [...commands, new Does({ type: 'reconcile' })],
            );
          },
        ),
        { numRuns: RUNS, seed: SEED },
      );
    },
    // What takes seconds; the machine may be a slow one.
    RUNS * 5_000,
  );
});
