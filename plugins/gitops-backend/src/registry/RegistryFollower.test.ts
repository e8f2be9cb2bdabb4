import { mockServices } from '@backstage/backend-test-utils';
import {
  ImageDescription,
  RegistryImage,
  RegistryLook,
} from '@gitops-infra/registry-client';
import { MemoryUpstreamStore } from '../__testUtils__/MemoryUpstreamStore';
import { PromotionsUnderWay } from '../readmodel/PromotionsUnderWay';
import { ReadModel } from '../readmodel/ReadModel';
import { RegistryAnswers } from './RegistryAnswers';
import { MAX_IMAGES, RegistryFollower } from './RegistryFollower';
import { RegistryState } from './RegistryState';

const NOW = new AbortController().signal;
const SECOND = 1000;
const MINUTE = 60 * SECOND;

const FACTS = { version: '1' };
const EXISTS: RegistryLook = { state: 'exists', digest: 'sha256:a' };
// As it is told once it was described.
const THERE = { ...EXISTS, facts: FACTS };
const MISSING: RegistryLook = { state: 'missing' };
const AWAY: RegistryLook = {
  state: 'unknown',
  reason: 'it is down',
  away: true,
};
const FORBIDDEN: RegistryLook = {
  state: 'unknown',
  reason: 'it is forbidden',
  away: false,
};

/** A registry that answers what it is told, and remembers what it was asked. */
class FakeRegistry {
  readonly asked: string[] = [];
  readonly looks = new Map<string, RegistryLook>();
  readonly described: string[] = [];
  description: ImageDescription = { state: 'described', facts: FACTS };
  otherwise: RegistryLook = EXISTS;
  atATime = 0;
  #now = 0;

  async look({ repository, reference }: RegistryImage): Promise<RegistryLook> {
    const image = `${repository}:${reference}`;
    this.asked.push(image);
    this.#now += 1;
    this.atATime = Math.max(this.atATime, this.#now);
    await new Promise(resolve => setImmediate(resolve));
    this.#now -= 1;
    return this.looks.get(image) ?? this.otherwise;
  }

  async describe(
    { repository }: Pick<RegistryImage, 'repository'>,
    digest: string,
  ): Promise<ImageDescription> {
    this.described.push(`${repository}@${digest}`);
    return this.description;
  }

  async close(): Promise<void> {}

  /** What was asked since the last time. */
  take(): string[] {
    return this.asked.splice(0);
  }
}

describe('RegistryFollower', () => {
  let store: MemoryUpstreamStore;
  let images: string[];
  let time: number;
  let registry: FakeRegistry;
  let other: FakeRegistry;

  beforeEach(() => {
    store = new MemoryUpstreamStore();
    images = ['r.test/web:1'];
    time = 0;
    registry = new FakeRegistry();
    other = new FakeRegistry();
  });

  /** A process that follows the registries. */
  function createProcess() {
    const logger = mockServices.logger.mock();
    const answers = new RegistryAnswers(store);
    const changes: string[][] = [];
    answers.onChange(({ references, own }) => {
      changes.push(own ? references : ['of another', ...references]);
    });
    const states = [
      { host: 'r.test', aliases: ['alias.test'] },
      { host: 'other.test', aliases: [] },
    ].map(config => new RegistryState(config, store));
    const follower = new RegistryFollower({
      registries: [
        { state: states[0], client: registry },
        { state: states[1], client: other },
      ],
      answers,
      images: () => images,
      logger,
      now: () => time,
    });
    const catchUp = async () => {
      const head = (await store.heads()).get(answers.mirror.upstream);
      if (head) {
        await answers.mirror.catchUp(head);
      }
    };
    const wait = async (milliseconds: number) => {
      time += milliseconds;
      await follower.look(NOW);
    };
    /** How each registry stands, as any process is told. */
    const status = async () => {
      const readModel = new ReadModel({
        repositories: [],
        instances: [],
        store,
        underWay: new PromotionsUnderWay({ listUnderWay: async () => [] }),
        registries: answers,
        registryStates: states,
      });
      await readModel.catchUp();
      return readModel.status(new Date()).registries;
    };
    return {
      follower,
      answers,
      changes,
      catchUp,
      logger,
      wait,
      states,
      status,
    };
  }

  it('tells every process of each registry when it last answered, and why it does not', async () => {
    images = ['r.test/web:1', 'alias.test/web:2', 'other.test/web:1'];
    registry.looks.set('web:2', FORBIDDEN);
    other.otherwise = AWAY;
    const one = createProcess();
    const another = createProcess();
    expect(await another.status()).toMatchObject([
      { host: 'r.test', images: 0, unknown: 0, stale: true },
      { host: 'other.test', images: 0, unknown: 0, stale: true },
    ]);

    await one.wait(0);
    const expected = [
      {
        host: 'r.test',
        images: 2,
        unknown: 1,
        readAt: expect.any(String),
        lagSeconds: expect.any(Number),
        stale: false,
        error: undefined,
      },
      {
        host: 'other.test',
        images: 1,
        unknown: 1,
        readAt: undefined,
        lagSeconds: undefined,
        stale: true,
        error: 'it is down',
      },
    ];
    expect(await one.status()).toEqual(expected);
    expect(await another.status()).toEqual(expected);

    other.otherwise = EXISTS;
    await one.wait(MINUTE);
    expect((await another.status())[1]).toMatchObject({
      unknown: 0,
      stale: false,
      error: undefined,
    });
  });

  it('knows best how registries stand while it follows them', async () => {
    const { follower, answers, states } = createProcess();
    const stop = new AbortController();
    const following = follower.follow(stop.signal);
    const mirrors = [answers, ...states].map(({ mirror }) => mirror);
    expect(mirrors.map(({ follows }) => follows)).toEqual([true, true, true]);
    stop.abort();
    await following;
    expect(mirrors.map(({ follows }) => follows)).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('asks seldom again for what is there, and soon for what is missing', async () => {
    images = [
      'r.test/web:1',
      `r.test/web@sha256:${'a'.repeat(64)}`,
      'r.test/web:2',
    ];
    registry.looks.set('web:2', MISSING);
    const { answers, wait } = createProcess();
    await wait(0);
    expect(registry.take()).toHaveLength(3);
    expect(images.map(image => answers.of(image)?.state)).toEqual([
      'exists',
      'exists',
      'missing',
    ]);
    await wait(20 * SECOND - 1);
    expect(registry.take()).toEqual([]);
    registry.looks.set('web:2', EXISTS);
    await wait(1);
    expect(registry.take()).toEqual(['web:2']);
    expect(answers.of('r.test/web:2')).toEqual(THERE);
    await wait(9 * MINUTE);
    expect(registry.take()).toEqual([]);
    await wait(MINUTE);
    expect(registry.take()).toHaveLength(3);
  });

  it('writes and tells an answer where it is another one only', async () => {
    registry.otherwise = MISSING;
    const { answers, changes, wait } = createProcess();
    await wait(0);
    const before = answers.of('r.test/web:1');
    for (let times = 0; times < 5; times += 1) {
      await wait(MINUTE);
    }
    expect(registry.asked).toHaveLength(6);
    expect(store.calls.append).toBe(1);
    expect(answers.of('r.test/web:1')).toBe(before);
    registry.otherwise = EXISTS;
    await wait(MINUTE);
    expect(changes).toEqual([['r.test/web:1'], ['r.test/web:1']]);
  });

  it('leaves the answer for one version the same object when another one changes', async () => {
    images = ['r.test/web:1', 'r.test/web:2'];
    registry.looks.set('web:2', MISSING);
    const { answers, changes, wait } = createProcess();
    await wait(0);
    const before = answers.of('r.test/web:1');
    registry.looks.set('web:2', EXISTS);
    await wait(MINUTE);
    expect(answers.of('r.test/web:1')).toBe(before);
    expect(changes.at(-1)).toEqual(['r.test/web:2']);
  });

  it('asks no registry that is not configured, and makes no address of what is no image', async () => {
    images = [
      'evil.test/web:1',
      '169.254.169.254/latest/meta-data:1',
      'localhost:8080/admin:1',
      'web:1',
      'r.test.evil.test/web:1',
      'r.test@evil.test/web:1',
      'r.test:8080/web:1',
      'r.test/../admin:1',
      'r.test/web:../../admin',
      'r.test/web',
      'alias.test/web:1',
    ];
    const { answers, wait } = createProcess();
    await wait(0);
    expect([...registry.asked, ...other.asked]).toEqual(['web:1']);
    expect(answers.references).toEqual(['alias.test/web:1']);
    expect(answers.of('evil.test/web:1')).toBeUndefined();
  });

  it('asks four at a time, and what was never asked before what was', async () => {
    images = Array.from({ length: 50 }, (_, index) => `r.test/web:${index}`);
    const { follower, wait } = createProcess();
    while (await follower.look(NOW)) {
      // There is more.
    }
    expect(registry.asked).toHaveLength(50);
    expect(new Set(registry.take()).size).toBe(50);
    expect(registry.atATime).toBe(4);
    images = [...images, 'r.test/new:1'];
    follower.imagesChanged();
    await wait(10 * MINUTE);
    expect(registry.take()[0]).toBe('new:1');
  });

  it('leaves a registry that is away alone for longer and longer, and asks others all the same', async () => {
    images = [
      ...Array.from({ length: 12 }, (_, index) => `r.test/web:${index}`),
      'other.test/api:1',
    ];
    registry.otherwise = AWAY;
    const { answers, wait } = createProcess();
    await wait(0);
    expect(registry.take()).toHaveLength(4);
    expect(other.take()).toEqual(['api:1']);
    // None of them is claimed to be there or not.
    expect(images.map(image => answers.of(image)?.state)).toEqual([
      ...Array(12).fill('unknown'),
      'exists',
    ]);
    const pauses = [];
    for (let waited = 0; pauses.length < 4; ) {
      await wait(SECOND);
      waited += SECOND;
      if (registry.take().length > 0) {
        pauses.push(waited / SECOND);
        waited = 0;
      }
    }
    expect(pauses).toEqual([5, 10, 20, 40]);
    registry.otherwise = EXISTS;
    await wait(2 * MINUTE);
    expect(images.map(image => answers.of(image)?.state)).toEqual(
      Array(13).fill('exists'),
    );
  });

  it('waits as long as a registry asks it to, within reason', async () => {
    registry.otherwise = { ...AWAY, retryAfterMs: 5 * MINUTE };
    const { wait } = createProcess();
    await wait(0);
    await wait(5 * MINUTE - 1);
    expect(registry.take()).toHaveLength(1);
    registry.otherwise = { ...AWAY, retryAfterMs: 365 * 24 * 60 * MINUTE };
    await wait(1);
    await wait(60 * MINUTE);
    expect(registry.take()).toHaveLength(2);
  });

  it('goes on with the others where one image alone cannot be looked at', async () => {
    images = ['r.test/secret:1', 'r.test/web:1'];
    registry.looks.set('secret:1', FORBIDDEN);
    const { answers, wait } = createProcess();
    await wait(0);
    expect(answers.of('r.test/secret:1')).toEqual({
      state: 'unknown',
      reason: 'it is forbidden',
    });
    expect(answers.of('r.test/web:1')).toEqual(THERE);
    registry.take();
    await wait(5 * SECOND);
    await wait(5 * SECOND);
    await wait(5 * SECOND);
    expect(registry.take()).toEqual(['secret:1', 'secret:1']);
  });

  it('believes what was there through one failure, and what was missing through none', async () => {
    images = ['r.test/web:1', 'r.test/web:2'];
    registry.looks.set('web:2', MISSING);
    const { answers, wait } = createProcess();
    await wait(0);
    registry.looks.clear();
    registry.otherwise = AWAY;
    await wait(20 * SECOND);
    expect(answers.of('r.test/web:2')?.state).toBe('unknown');
    await wait(10 * MINUTE);
    expect(answers.of('r.test/web:1')?.state).toBe('exists');
    await wait(10 * MINUTE);
    expect(answers.of('r.test/web:1')?.state).toBe('unknown');
  });

  describe('what images say of themselves', () => {
    it('is read once for a digest, by whichever tags', async () => {
      images = ['r.test/web:1', 'r.test/web:2', 'other.test/web:1'];
      const { answers, changes, wait } = createProcess();
      await wait(0);
      await wait(10 * MINUTE);
      images.push('r.test/web:latest');
      await wait(10 * MINUTE);
      expect(new Set(registry.described)).toEqual(new Set(['web@sha256:a']));
      expect(other.described).toEqual(['web@sha256:a']);
      expect(images.slice(0, 3).map(image => answers.of(image))).toEqual([
        THERE,
        THERE,
        THERE,
      ]);
      // Not once without and once with it.
      expect(changes).toEqual([images.slice(0, 3)]);
    });

    it('is read anew when a tag is moved, and not again when it is moved back', async () => {
      const { answers, wait } = createProcess();
      await wait(0);
      const moved: RegistryLook = { state: 'exists', digest: 'sha256:b' };
      for (const look of [moved, EXISTS, moved]) {
        registry.otherwise = look;
        await wait(10 * MINUTE);
        expect(answers.of('r.test/web:1')).toEqual({ ...look, facts: FACTS });
      }
      expect(registry.described).toEqual(['web@sha256:a', 'web@sha256:b']);
    });

    it('is not said of a tag that could not be checked', async () => {
      const { answers, wait } = createProcess();
      await wait(0);
      registry.otherwise = AWAY;
      await wait(10 * MINUTE);
      await wait(10 * MINUTE);
      expect(answers.of('r.test/web:1')).toEqual({
        state: 'unknown',
        reason: 'it is down',
      });
    });

    it('is tried again with the next look where it could not be read, and the answer stands', async () => {
      registry.description = FORBIDDEN;
      const { answers, wait } = createProcess();
      await wait(0);
      expect(answers.of('r.test/web:1')).toEqual(EXISTS);
      registry.description = { state: 'described', facts: FACTS };
      await wait(10 * MINUTE);
      expect(answers.of('r.test/web:1')).toEqual(THERE);
    });

    it('is not asked of a registry that is left alone', async () => {
      images = Array.from({ length: 12 }, (_, index) => `r.test/web:${index}`);
      images.forEach((_, index) =>
        registry.looks.set(`web:${index}`, {
          state: 'exists',
          digest: `sha256:${index}`,
        }),
      );
      registry.description = AWAY;
      const { answers, wait } = createProcess();
      await wait(0);
      expect(registry.described.length).toBeLessThanOrEqual(4);
      expect(answers.of('r.test/web:0')?.state).toBe('exists');
    });

    it('is remembered of a few versions that are no longer pinned', async () => {
      const { wait, follower } = createProcess();
      for (let version = 0; version < 30; version += 1) {
        registry.looks.set(`web:${version}`, {
          state: 'exists',
          digest: `sha256:${version}`,
        });
        images = [`r.test/web:${version}`];
        follower.imagesChanged();
        await wait(0);
      }
      registry.described.splice(0);
      for (const version of [25, 5]) {
        images = [`r.test/web:${version}`];
        follower.imagesChanged();
        await wait(0);
      }
      expect(registry.described).toEqual(['web@sha256:5']);
    });

    it('is known after a restart', async () => {
      await createProcess().wait(0);
      const after = createProcess();
      await after.catchUp();
      expect(after.answers.of('r.test/web:1')).toEqual(THERE);
      await after.wait(0);
      expect(registry.described).toHaveLength(1);
    });
  });

  it('forgets what nobody pins any more', async () => {
    const { answers, follower, changes, wait } = createProcess();
    await wait(0);
    images = ['r.test/web:2'];
    follower.imagesChanged();
    await wait(0);
    expect(answers.references).toEqual(images);
    images = [];
    follower.imagesChanged();
    await wait(0);
    expect(answers.references).toEqual([]);
    expect(changes.at(-1)).toEqual(['r.test/web:2']);
  });

  it('forgets it later where that could not be written down', async () => {
    const { answers, follower, wait } = createProcess();
    await wait(0);
    images = [];
    follower.imagesChanged();
    store.failure = new Error('The database is away');
    await expect(wait(0)).rejects.toThrow('away');
    store.failure = undefined;
    await wait(0);
    expect(answers.references).toEqual([]);
  });

  it('knows after a restart, and in every process, what was known, and asks again', async () => {
    await createProcess().wait(0);
    const after = createProcess();
    await after.catchUp();
    expect(after.answers.of('r.test/web:1')).toEqual(THERE);
    expect(after.changes).toEqual([['of another', 'r.test/web:1']]);
    registry.take();
    await after.wait(0);
    expect(registry.take()).toEqual(['web:1']);
  });

  it('looks at so many images and no more', async () => {
    images = Array.from(
      { length: MAX_IMAGES + 10 },
      (_, index) => `r.test/web-${index}:1`,
    );
    const { answers, follower, logger } = createProcess();
    while (await follower.look(NOW)) {
      // There is more.
    }
    expect(answers.references).toHaveLength(MAX_IMAGES);
    expect(logger.warn).toHaveBeenCalledTimes(1);
  });

  it('asks again where an answer could not be written down', async () => {
    const { answers, wait } = createProcess();
    store.failure = new Error('The database is away');
    await expect(wait(0)).rejects.toThrow('away');
    expect(answers.of('r.test/web:1')).toBeUndefined();
    store.failure = undefined;
    await wait(20 * SECOND);
    expect(answers.of('r.test/web:1')).toEqual(THERE);
  });

  it('goes on until it is told to end, whatever fails', async () => {
    const { follower, answers, logger } = createProcess();
    store.failure = new Error('The database is away');
    const stop = new AbortController();
    const running = follower.run(stop.signal);
    while (registry.asked.length === 0 || logger.warn.mock.calls.length === 0) {
      await new Promise(resolve => setImmediate(resolve));
    }
    stop.abort();
    await running;
    expect(answers.references).toEqual([]);
    expect(logger.warn.mock.calls[0][0]).toContain('The database is away');
  });
});
