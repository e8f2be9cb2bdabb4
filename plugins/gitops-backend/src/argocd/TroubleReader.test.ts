import { mockServices } from '@backstage/backend-test-utils';
import {
  ApplicationStatus,
  parseApplication,
  ResourceTrouble,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { application } from '../__testUtils__/ScriptedUpstream';
import { ApplicationSource } from './ApplicationSource';
import { TroubleReader } from './TroubleReader';

const trouble = (reason: string): ResourceTrouble => ({
  kind: 'Pod',
  name: 'pod',
  reason,
  images: [],
});

const status = (
  name: string,
  options: Parameters<typeof application>[1] = { health: 'Degraded' },
) => parseApplication('main', application(name, options))!;

describe('TroubleReader', () => {
  const logger = mockServices.logger.mock();
  let reader: TroubleReader;
  /** What was asked and is not answered yet. */
  let open: {
    name: string;
    answer: (troubles: ResourceTrouble[]) => void;
    fail: (error: Error) => void;
  }[];
  let asked: string[];
  let told: string[];

  const settle = async () => jest.advanceTimersByTimeAsync(0);

  beforeEach(() => {
    jest.useFakeTimers();
    jest.resetAllMocks();
    open = [];
    asked = [];
    told = [];
    const source: ApplicationSource = {
      name: 'main',
      list: async () => ({ applications: [] }),
      async *watch() {},
      podImages: () => Promise.reject(new Error('not asked')),
      troubles: ({ name }: ApplicationStatus) =>
        new Promise((answer, fail) => {
          asked.push(name);
          open.push({ name, answer, fail });
        }),
      close: async () => {},
    };
    reader = new TroubleReader({
      source,
      logger,
      onTroubles: key => told.push(key),
      knownTroubles: ({ name }) =>
        name === 'taken-over' ? [trouble('Pending')] : [],
    });
  });

  afterEach(() => {
    reader.stop();
    jest.useRealTimers();
  });

  it('reads four at a time, and the next when one is done', async () => {
    ['a', 'b', 'c', 'd', 'e', 'f'].forEach(name => reader.note(status(name)));
    await settle();
    expect(asked).toEqual(['a', 'b', 'c', 'd']);
    open[1].answer([]);
    await settle();
    expect(asked).toEqual(['a', 'b', 'c', 'd', 'e']);
    open[0].fail(new Error('no'));
    await settle();
    expect(asked).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('gives up on answers that never come', async () => {
    ['a', 'b', 'c', 'd', 'e'].forEach(name => reader.note(status(name)));
    await jest.advanceTimersByTimeAsync(60_000);
    expect(asked).toContain('e');
  });

  it.each([
    ['shows what was known before until it is read again', 'Pending', []],
    [
      'and tells when that holds no more',
      'CrashLoopBackOff',
      ['argocd/taken-over'],
    ],
  ])('%s', async (_, reason, expected) => {
    const taken = status('taken-over');
    expect(reader.note(taken).troubles).toEqual([trouble('Pending')]);
    await settle();
    open[0].answer([trouble(reason)]);
    await settle();
    expect(told).toEqual(expected);
    expect(reader.current('argocd/taken-over')?.troubles).toEqual([
      trouble(reason),
    ]);
  });

  it('does not pile up while an Application flaps and nothing is answered', async () => {
    ['a', 'b', 'c', 'd'].forEach(name => reader.note(status(name)));
    for (let turn = 0; turn < 1_000; turn++) {
      reader.note(status('e'));
      reader.note(status('e', {}));
    }
    reader.note(status('e'));
    open[0].answer([]);
    await settle();
    expect(asked).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('tells of troubles that are others than before, and keeps them with what is noted next', async () => {
    expect(reader.note(status('a')).troubles).toEqual([]);
    await settle();
    open[0].answer([trouble('Pending')]);
    await settle();
    expect(told).toEqual(['argocd/a']);
    expect(reader.current('argocd/a')?.troubles).toEqual([trouble('Pending')]);

    const changed = status('a', { health: 'Progressing' });
    expect(reader.note(changed).troubles).toEqual([trouble('Pending')]);
    await settle();
    open[1].answer([trouble('Pending')]);
    await settle();
    expect(told).toEqual(['argocd/a']);
  });

  it('reads again what changed while it was being read, once', async () => {
    reader.note(status('a'));
    await settle();
    ['x', 'y', 'z'].forEach(project =>
      reader.note(status('a', { health: 'Degraded', project })),
    );
    expect(asked).toEqual(['a']);
    open[0].answer([trouble('Pending')]);
    await settle();
    expect(asked).toEqual(['a', 'a']);
    // What it found is put into the newest state.
    expect(reader.current('argocd/a')).toMatchObject({
      project: 'z',
      troubles: [trouble('Pending')],
    });
  });

  it('reads again by itself, soon and then more and more seldom, as a pod changes without its Application', async () => {
    reader.note(status('a'));
    await settle();
    const readsIn = async (milliseconds: number) => {
      const before = asked.length;
      for (let passed = 0; passed < milliseconds; passed += 1_000) {
        open.splice(0).forEach(({ answer }) => answer([trouble('Pending')]));
        await jest.advanceTimersByTimeAsync(1_000);
      }
      return asked.length - before;
    };
    expect(await readsIn(16_000)).toBe(3);
    await readsIn(600_000);
    expect(await readsIn(600_000)).toBe(5);

    // Repeated without a change it is not read, changed it is.
    reader.note(status('a', { health: 'Degraded', reconciledAt: 'later' }));
    await settle();
    const { length } = asked;
    reader.note(status('a', { health: 'Missing' }));
    await settle();
    expect(asked).toHaveLength(length + 1);
  });

  it('knows nothing of what is Healthy, gone, or not on a list', async () => {
    ['a', 'b', 'c'].forEach(name => reader.note(status(name)));
    reader.note(status('a', {}));
    reader.forget('argocd/b');
    reader.keepOnly([status('d')]);
    await settle();
    open.forEach(({ answer }) => answer([trouble('Pending')]));
    await settle();
    expect(told).toEqual([]);
    expect(
      ['a', 'b', 'c'].map(name => reader.current(`argocd/${name}`)),
    ).toEqual([undefined, undefined, undefined]);
  });

  it('leaves no timer behind when it is stopped', async () => {
    ['a', 'b', 'c'].forEach(name => reader.note(status(name)));
    await settle();
    open[0].answer([]);
    open[1].fail(new Error('no'));
    await settle();
    reader.stop();
    await settle();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('warns of the same failure once', async () => {
    ['a', 'b'].forEach(name => reader.note(status(name)));
    await settle();
    open.forEach(({ fail }) => fail(new Error('may not list pods')));
    await settle();
    expect(logger.warn).toHaveBeenCalledTimes(1);
    expect(logger.warn).toHaveBeenCalledWith(
      'What keeps argocd/a from being Healthy could not be read: may not list pods',
    );
  });
});
