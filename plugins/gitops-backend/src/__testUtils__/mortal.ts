import { PromotionStore } from '../database/PromotionStore';
import { InfraRepository } from '../github/InfraRepository';
import { createPromotionWorld } from './promotionWorld';

type World = Awaited<ReturnType<typeof createPromotionWorld>>;

/** What it takes to open a promotion. */
export const OPENING_STEPS = [
  'request',
  'createCommit',
  'proposeHeadCommit',
  'createBranch',
  'openPullRequest',
  'record',
];

/** A process that comes long after the others: what they have not opened was interrupted. */
export const LONG_AFTER = { openingPace: { silenceMs: 0 } };

/** What a killed process throws, that nobody hears. */
export class Killed extends Error {}

/** What happens to a process at one of its steps. */
export interface Disturbance {
  /** The step, counted from 0, or the first of that name. */
  at: number | string;
  /** Whether it took effect; what happens meanwhile happens before it. */
  afterEffect: boolean;
  /**
   * A process that is killed does nothing any more; an error is GitHub's answer to the step, or to the next one that
   * asks GitHub; a function is what goes on meanwhile elsewhere. Killed where absent.
   */
  how?: Error | (() => Promise<unknown>);
}

/** The life of a process: the steps that it takes, and what happens to it at one of them. */
export class Life {
  readonly steps: string[] = [];
  /** The step at which the disturbance came. */
  disturbedAt?: string;
  #disturbance?: Disturbance;
  #ended = false;

  constructor(disturbance?: Disturbance) {
    this.#disturbance = disturbance;
  }

  of<T extends object>(
    part: T,
    steps: (keyof T)[],
    isGithub: boolean = false,
  ): T {
    return new Proxy(part, {
      get: (target, name) => {
        const value = Reflect.get(target, name);
        if (typeof value !== 'function') {
          return value;
        }
        const method = value.bind(target);
        return steps.includes(name as keyof T)
          ? (...parameters: unknown[]) =>
              this.#step(String(name), () => method(...parameters), isGithub)
          : method;
      },
    });
  }

  async #step(
    name: string,
    run: () => Promise<unknown>,
    isGithub: boolean,
  ): Promise<unknown> {
    if (this.#ended) {
      throw new Killed();
    }
    this.steps.push(name);
    const disturbance = this.#take(isGithub);
    if (!disturbance) {
      return run();
    }
    const { how, afterEffect } = disturbance;
    if (typeof how === 'function') {
      await how();
      return run();
    }
    this.#ended = how === undefined;
    if (afterEffect) {
      await run();
    }
    throw how ?? new Killed();
  }

  // What is to happen at this step.
  #take(isGithub: boolean): Disturbance | undefined {
    const due = this.#disturbance;
    const isNow =
      due &&
      (typeof due.at === 'number'
        ? this.steps.length > due.at
        : this.steps.at(-1) === due.at) &&
      (isGithub || !(due.how instanceof Error));
    if (isNow) {
      this.disturbedAt = this.steps.at(-1);
      this.#disturbance = undefined;
    }
    return isNow ? due : undefined;
  }
}

/** What it takes to merge. */
export const MERGING_STEPS = [
  'keepGates',
  'decide',
  'merge',
  'record',
  'deleteBranch',
];

/** What it takes to close an open pull request. */
export const CLOSING_STEPS = [
  'decide',
  'closePullRequest',
  'record',
  'deleteBranch',
];

const OUTSIDE: (keyof InfraRepository)[] = [
  'createCommit',
  'createBranch',
  'branchHead',
  'moveBranch',
  'updatePullRequest',
  'deleteBranch',
  'openPullRequest',
  'closePullRequest',
  'addLabels',
  'requestReviewers',
  'findPullRequest',
  'merge',
];
const LOOKS: (keyof InfraRepository)[] = ['pullRequest', 'compare', 'fileAt'];
const WRITES: (keyof PromotionStore)[] = [
  'request',
  'takeOver',
  'proposeHeadCommit',
  'record',
  'update',
  'intend',
  'applyIntended',
  'forgetIntended',
  'keepGates',
  'decide',
  'takeBack',
  'note',
  'keepSynced',
  'keepFailure',
  'keepReopened',
  'keepLateMerge',
];

/**
 * An engine that lives as long as given, and takes whatever it does not open itself for interrupted.
 *
 * @param options.looks - counts looks at GitHub as steps
 */
export const mortal = (
  { createEngine, store, github }: World,
  life: Life,
  {
    looks,
    ...parts
  }: Parameters<World['createEngine']>[0] & {
    looks?: boolean;
  } = {},
) =>
  createEngine({
    ...LONG_AFTER,
    ...parts,
    store: life.of<PromotionStore>(store, WRITES),
    github: life.of<InfraRepository>(
      github,
      looks ? [...OUTSIDE, ...LOOKS] : OUTSIDE,
      true,
    ),
  });
