import { environmentFacts, pinning } from '../../__testUtils__/facts';
import { CHANGE, runs, verdictOf } from '../../__testUtils__/gates';
import {
  demoSnapshot,
  LOCAL_OVERLAY,
  overlayPinning,
} from '../../__testUtils__/tree';
import type { PodImages } from '../../argocd/podImages';
import type { EnvironmentFacts } from '../../findings/EnvironmentFacts';
import { sourceHealthyGate } from './sourceHealthy';

const required = sourceHealthyGate({ required: true });
const pods = (found: Partial<PodImages>): PodImages => ({
  running: [],
  ended: [],
  onlyCronJobs: false,
  ...found,
});
const local = (status?: ReturnType<typeof runs>, text = pinning('"1.4.2"')) =>
  environmentFacts('local', demoSnapshot({ [LOCAL_OVERLAY]: text }), {
    status,
  });

describe('source-healthy', () => {
  it.each<[what: string, status: Parameters<typeof runs>[0], says: string]>([
    ['that is well', {}, 'passed: local is Synced and Healthy and runs it.'],
    [
      'that is OutOfSync',
      { sync: 'OutOfSync' },
      'failed: local is OutOfSync; sync it, and promote what runs then.',
    ],
    [
      'that could not be compared',
      { sync: 'Unknown' },
      'failed: local is not compared; sync it, and promote what runs then.',
    ],
    [
      'that still rolls out',
      { health: 'Progressing' },
      'failed: local is Progressing; wait until it is Healthy, or mend it.',
    ],
    [
      'that is Degraded',
      { health: 'Degraded', message: 'exceeded its deadline' },
      'failed: local is Degraded (exceeded its deadline); wait until it is Healthy, or mend it.',
    ],
    [
      'that runs an older version',
      { images: ['localhost:5001/demo:1.4.1'] },
      'failed: local runs 1.4.1 of demo, not 1.4.2 alone; wait until 1.4.2 runs there, or promote what does.',
    ],
    [
      'in which the old pods still serve',
      { images: ['localhost:5001/demo:1.4.2', 'localhost:5001/demo:1.4.1'] },
      'failed: local runs 1.4.2 and 1.4.1 of demo, not 1.4.2 alone; wait until 1.4.2 runs there, or promote what does.',
    ],
    [
      'that runs nothing of it',
      { images: [] },
      'failed: local runs nothing of demo, not 1.4.2 alone; wait until 1.4.2 runs there, or promote what does.',
    ],
    [
      'that runs by tag and digest what is promoted by tag',
      { images: [`localhost:5001/demo:1.4.2@sha256:${'a'.repeat(64)}`] },
      'passed: local is Synced and Healthy and runs it.',
    ],
  ])('of a source %s', async (_, status, says) => {
    const { images = [] } = status;
    const podsOfSource = async () => pods({ running: images });
    await expect(
      verdictOf(required, { source: local(runs(status)), podsOfSource }),
    ).resolves.toBe(says);
  });

  const OLD = 'localhost:5001/demo:1.4.1';
  const NEW = 'localhost:5001/demo:1.4.2';

  it.each<
    [
      what: string,
      pods: Partial<PodImages>,
      says: string,
      source?: Partial<EnvironmentFacts>,
    ]
  >([
    [
      'and Jobs of an older version that have ended',
      { running: [NEW], ended: [OLD] },
      'passed: local is Synced and Healthy and runs it.',
    ],
    [
      'and a Job of an older version that runs',
      { running: [NEW, OLD] },
      'failed: local runs 1.4.2 and 1.4.1 of demo, not 1.4.2 alone; wait until 1.4.2 runs there, or promote what does.',
    ],
    [
      'in a Job that has ended',
      { ended: [OLD, NEW] },
      'passed: local is Synced and Healthy; demo runs there in Jobs, and one of 1.4.2 has ended.',
    ],
    [
      'in a CronJob from its next run on',
      { ended: [OLD] },
      'passed: local is Synced and Healthy; demo runs there in Jobs, at 1.4.2 from the next one on. None of 1.4.2 was seen yet.',
    ],
    [
      'in a CronJob that never ran',
      { onlyCronJobs: true },
      'passed: local is Synced and Healthy; demo runs there in Jobs, at 1.4.2 from the next one on. None of 1.4.2 was seen yet.',
    ],
    [
      'in a CronJob at another version',
      { onlyCronJobs: true },
      'failed: demo runs in local in Jobs, at 1.4.1 and not 1.4.2.',
      local(undefined, pinning('"1.4.1"')),
    ],
    [
      'in a CronJob, and what is desired was not compared',
      { onlyCronJobs: true },
      'unknown: demo runs in local in Jobs, none of which runs now, and it is not known whether Argo CD has compared the newest commit; refresh it.',
      { behind: { commitsBehind: 1, commits: [] } },
    ],
    [
      'nowhere',
      {},
      'failed: local runs nothing of demo, not 1.4.2 alone; wait until 1.4.2 runs there, or promote what does.',
    ],
  ])(
    'looks at the pods where it runs %s',
    async (_, found, says, different = {}) => {
      const images = [...(found.running ?? []), ...(found.ended ?? [])];
      const source = {
        ...local(),
        behind: { commitsBehind: 0, commits: [] },
        ...different,
        status: runs({ images }),
      };
      const podsOfSource = async () => pods(found);
      await expect(verdictOf(required, { source, podsOfSource })).resolves.toBe(
        says,
      );
    },
  );

  describe('of a source where another pin runs as the same image', () => {
    const DEMO = {
      name: 'demo',
      newName: 'localhost:5001/demo',
      newTag: '"1.4.2"',
    };
    const beside = (newTag?: string, demo = DEMO) =>
      overlayPinning(demo, { ...DEMO, name: 'worker', newTag });
    const OTHER = 'localhost:5001/demo:1.3.0';

    it.each<
      [what: string, text: string, pods: Partial<PodImages>, says: RegExp]
    >([
      [
        'at its own version',
        beside('"1.3.0"'),
        { running: [NEW, OTHER] },
        /^passed: local is Synced and Healthy and runs it/,
      ],
      [
        'at the version that the pin had',
        beside('"1.4.1"'),
        { running: [NEW, OLD] },
        /^passed/,
      ],
      [
        'at no version that it names',
        beside(),
        { running: [NEW, OTHER] },
        /^passed/,
      ],
      [
        'and one of neither runs',
        beside('"1.3.0"'),
        { running: [NEW, OTHER, OLD] },
        /^failed: local runs 1\.4\.2 and 1\.4\.1 of demo, not 1\.4\.2 alone/,
      ],
      [
        'and that alone runs',
        beside('"1.3.0"'),
        { running: [OTHER] },
        /^failed: local runs 1\.3\.0 of demo, not 1\.4\.2 alone/,
      ],
      [
        'while Jobs have run the pin itself',
        beside('"1.3.0"'),
        { running: [OTHER], ended: [NEW, OLD] },
        /^passed: .* demo runs there in Jobs, and one of 1\.4\.2 has ended/,
      ],
      [
        'and the source pins another version than is promoted',
        overlayPinning(
          { ...DEMO, newTag: '"1.4.1"' },
          { ...DEMO, name: 'worker', newTag: '"1.4.1"' },
          { ...DEMO, name: 'api' },
        ),
        { running: [NEW, OLD] },
        /^failed: local runs 1\.4\.2 and 1\.4\.1 of demo/,
      ],
    ])('%s', async (_, text, found, says) => {
      const images = [...(found.running ?? []), ...(found.ended ?? [])];
      await expect(
        verdictOf(required, {
          source: local(runs({ images }), text),
          podsOfSource: async () => pods(found),
        }),
      ).resolves.toMatch(says);
    });
  });

  it('asks for no pods where the version runs alone', async () => {
    const podsOfSource = jest.fn();
    await expect(verdictOf(required, { podsOfSource })).resolves.toMatch(
      /^passed/,
    );
    expect(podsOfSource).not.toHaveBeenCalled();
  });

  it('does not know what runs where the sum is not plain and the pods cannot be looked at', async () => {
    const source = local(runs({ images: [NEW, OLD] }));
    await expect(
      verdictOf(required, {
        source,
        podsOfSource: () => Promise.reject(new Error('Argo CD is away')),
      }),
    ).resolves.toBe(
      'unknown: Argo CD sums up 1.4.2 and 1.4.1 of demo in local; whether pods have ended, or are made by a CronJob, could not be checked: Argo CD is away',
    );
    await expect(verdictOf(required, { source })).resolves.toMatch(
      /could not be checked: its pods are not looked at\.$/,
    );
  });

  it('is asked at the merge where the policy requires it', () => {
    expect(
      [true, false].map(is => sourceHealthyGate({ required: is })),
    ).toEqual([
      expect.objectContaining({ atMerge: true }),
      expect.objectContaining({ atMerge: false }),
    ]);
  });

  it('warns where the policy does not require it', async () => {
    await expect(
      verdictOf(sourceHealthyGate({ required: false }), {
        source: local(runs({ health: 'Degraded' })),
      }),
    ).resolves.toMatch(/^warning: local is Degraded/);
  });

  it('looks for the image as the source renames it', async () => {
    const source = local(
      runs({ images: ['other.test/demo:1.4.2'] }),
      pinning('"1.4.2"').replace('localhost:5001', 'other.test'),
    );
    await expect(verdictOf(required, { source })).resolves.toMatch(/^passed/);
  });

  it('does not know what Argo CD does not say, or said long ago', async () => {
    await expect(verdictOf(required, { source: local() })).resolves.toBe(
      'unknown: Argo CD does not report local.',
    );
    await expect(
      verdictOf(required, {
        sourceFreshness: { stale: true, error: 'Argo CD main does not answer' },
      }),
    ).resolves.toBe(
      'unknown: What runs in local is not known at present: Argo CD main does not answer',
    );
    await expect(
      verdictOf(required, { sourceFreshness: { stale: true } }),
    ).resolves.toBe(
      'unknown: What runs in local is not known at present; Argo CD is silent.',
    );
  });

  it('holds for a version that was named, too', async () => {
    await expect(
      verdictOf(required, {
        changes: [{ ...CHANGE, after: { tag: '2.0.0' } }],
        podsOfSource: async () => pods({ running: [NEW] }),
      }),
    ).resolves.toMatch(/^failed: local runs 1.4.2 of demo, not 2.0.0/);
  });

  it('says nothing of a rollback, or where there is no source', async () => {
    await expect(
      verdictOf(required, { rollback: true }),
    ).resolves.toBeUndefined();
    await expect(
      verdictOf(required, { source: undefined }),
    ).resolves.toBeUndefined();
  });

  it('lets a version be quoted, whatever runs', async () => {
    const quoted = { ...CHANGE, before: CHANGE.after };
    await expect(
      verdictOf(required, {
        source: local(runs({ images: ['localhost:5001/demo:1.4.1'] })),
        changes: [quoted],
      }),
    ).resolves.toMatch(/^passed/);
  });
});
