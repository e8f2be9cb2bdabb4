import { PromotionStore } from '../database/PromotionStore';
import { InfraRepository } from '../github/GithubRepository';
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

/** What a killed process throws, that nobody hears. */
export class Killed extends Error {}

/** Ends at a given step, before it or after it took effect; nothing is done any more from then on. */
export class Life {
  readonly steps: string[] = [];
  #ended = false;

  constructor(private readonly end?: { at: number; afterEffect: boolean }) {}

  of<T extends object>(part: T, steps: (keyof T)[]): T {
    return new Proxy(part, {
      get: (target, name) => {
        const value = Reflect.get(target, name);
        if (typeof value !== 'function') {
          return value;
        }
        const method = value.bind(target);
        return steps.includes(name as keyof T)
          ? (...parameters: unknown[]) =>
              this.#step(String(name), () => method(...parameters))
          : method;
      },
    });
  }

  async #step(name: string, run: () => Promise<unknown>): Promise<unknown> {
    if (this.#ended) {
      throw new Killed();
    }
    this.steps.push(name);
    const isLast = this.steps.length - 1 === this.end?.at;
    this.#ended = isLast;
    if (isLast && !this.end?.afterEffect) {
      throw new Killed();
    }
    const result = await run();
    if (isLast) {
      throw new Killed();
    }
    return result;
  }
}

const OUTSIDE: (keyof InfraRepository)[] = [
  'createCommit',
  'createBranch',
  'branchHead',
  'moveBranch',
  'updatePullRequest',
  'deleteBranch',
  'openPullRequest',
  'findPullRequest',
  'merge',
];
const WRITES: (keyof PromotionStore)[] = [
  'request',
  'proposeHeadCommit',
  'record',
  'update',
  'intend',
  'applyIntended',
  'forgetIntended',
];

/** An engine that lives as long as given, in a process whose clock makes its rows old. */
export const mortal = (
  { createEngine, storeOfLongAgo, github }: World,
  life: Life,
) =>
  createEngine({
    store: life.of<PromotionStore>(storeOfLongAgo, WRITES),
    github: life.of<InfraRepository>(github, OUTSIDE),
  });
