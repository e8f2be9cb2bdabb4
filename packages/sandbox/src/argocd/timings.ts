/** How long the steps of a rollout take, in milliseconds. */
export interface Timings {
  /** From a new commit to its being noticed. */
  notice: number;
  /** From out of sync to the sync that mends it. */
  startSync: number;
  /** A sync. */
  sync: number;
  /** After a sync, until the health shows that a rollout goes on. Until then it is that of the old pods. */
  staleHealth: number;
  /** Until new pods are up. */
  rollout: number;
  /** Until old pods are gone. */
  termination: number;
  /** Until pods that do not come up are given up, and between two tries to start them. */
  deadline: number;
}

/** Slow enough for a person to watch. */
export const WATCHABLE: Timings = {
  notice: 1_000,
  startSync: 700,
  sync: 900,
  staleHealth: 900,
  rollout: 2_500,
  termination: 1_000,
  deadline: 8_000,
};

/** Fast enough for tests, in the same order. */
export const FAST: Timings = {
  notice: 10,
  startSync: 10,
  sync: 20,
  staleHealth: 20,
  rollout: 40,
  termination: 20,
  deadline: 80,
};
