import { recordedEvents, recordedStatus } from '../__testUtils__/recordings';
import type { ApplicationStatus } from '../argocd/ApplicationStatus';
import { hasArrived, hasSynced } from './arrival';

const IMAGE = 'localhost:5001/demo';
const to = (tag: string, image = IMAGE) => [
  { name: image, image, before: { tag: '0' }, after: { tag } },
];

const MERGED = () => true;
const NOT_MERGED = () => false;

/** What a person would see of a status: sync, operation, health, images. */
function seen({ sync, operation, health, images }: ApplicationStatus): string {
  const versions = images.map(image => image.split(':').pop());
  return [
    sync.status,
    operation?.phase ?? '-',
    health.status,
    ...versions,
  ].join(' ');
}

describe('hasArrived, following the recorded promotion from 1.4.2 to 1.4.3', () => {
  const MERGE = '476da1bfd3a1d7b4dd3f0ec705d0a99e2942cc86';
  const events = [
    ...recordedEvents(
      'stream/applications-all-during-promotion.ndjson',
      'demo-stage',
    ),
    ...recordedEvents(
      'stream/application-names-and-status.ndjson',
      'demo-stage',
    ),
    recordedStatus('j-history/application.json'),
  ];

  it('is synced when the operation has ended, and takes only the last of the events for the arrival', () => {
    const life = events.map(status => {
      const containsMerge = (revision: string) => revision === MERGE;
      return [
        seen(status),
        hasSynced(status, containsMerge),
        hasArrived(to('1.4.3'), status, containsMerge),
      ];
    });
    expect(life).toEqual([
      ['Synced Succeeded Healthy 1.4.2', false, false],
      ['Synced Succeeded Healthy 1.4.2', false, false],
      ['Synced - Healthy 1.4.2', false, false],
      ['OutOfSync - Healthy 1.4.2', false, false],
      ['OutOfSync Running Healthy 1.4.2', false, false],
      ['OutOfSync Running Healthy 1.4.2', false, false],
      // Succeeded and Healthy, on the old image.
      ['OutOfSync Succeeded Healthy 1.4.2', false, false],
      ['OutOfSync - Healthy 1.4.2', false, false],
      ['OutOfSync - Healthy 1.4.2', false, false],
      ['OutOfSync Running Healthy 1.4.2', false, false],
      ['OutOfSync Running Healthy 1.4.2 1.4.3', false, false],
      ['Synced Running Progressing 1.4.2 1.4.3', false, false],
      ['Synced Succeeded Progressing 1.4.2 1.4.3', true, false],
      ['Synced Succeeded Progressing 1.4.2 1.4.3', true, false],
      ['Synced Succeeded Progressing 1.4.2 1.4.3', true, false],
      ['Synced Succeeded Progressing 1.4.2 1.4.3', true, false],
      ['Synced Succeeded Degraded 1.4.2 1.4.3', true, false],
      ['Synced Succeeded Progressing 1.4.2 1.4.3', true, false],
      // Synced, Succeeded and Healthy, and the old image runs still.
      ['Synced Succeeded Healthy 1.4.2 1.4.3', true, false],
      ['Synced Succeeded Healthy 1.4.3', true, true],
    ]);
  });

  it('does not take an event before the merge for the arrival', () => {
    expect(hasArrived(to('1.4.2'), events[0], NOT_MERGED)).toBe(false);
    expect(hasArrived(to('1.4.2'), events[0], MERGED)).toBe(true);
  });
});

describe('hasArrived, following the recorded sync to 1.5.0', () => {
  it.each([
    ['h-sync/application.json', 'OutOfSync - Healthy 1.4.3', false],
    [
      'h-sync/t1/application.json',
      'Synced Succeeded Progressing 1.4.3 1.5.0',
      false,
    ],
    [
      'h-sync/t2/application.json',
      'Synced Succeeded Progressing 1.4.3 1.5.0',
      false,
    ],
    [
      'h-sync/t3/application.json',
      'Synced Succeeded Healthy 1.4.3 1.5.0',
      false,
    ],
    [
      'h-sync/t4/application.json',
      'Synced Succeeded Healthy 1.4.3 1.5.0',
      false,
    ],
    [
      'h-sync/t5/application.json',
      'Synced Succeeded Healthy 1.4.3 1.5.0',
      false,
    ],
    ['h-sync/sync-while-running.json', 'Synced - Healthy 1.4.3 1.5.0', false],
    // Later commits were synced since; they contain the merge.
    [
      'j-history/application-after-many.json',
      'Synced Succeeded Healthy 1.5.0',
      true,
    ],
    // A broken overlay afterwards: Healthy and the right image, and nobody knows.
    [
      'c1-malformed-yaml/application.json',
      'Unknown Succeeded Healthy 1.5.0',
      false,
    ],
  ])('%s: %s, arrived: %s', (path, what, arrived) => {
    const status = recordedStatus(path);
    expect(seen(status)).toBe(what);
    expect(hasArrived(to('1.5.0'), status, MERGED)).toBe(arrived);
  });

  it.each([
    'e1-image-pull-backoff-progressing',
    'e2-image-pull-backoff-degraded',
  ])('never arrives while a rollout is stuck with both images: %s', folder => {
    const status = recordedStatus(`${folder}/application.json`);
    expect(hasArrived(to('9.9.9'), status, MERGED)).toBe(false);
    // Not even if health said otherwise.
    expect(
      hasArrived(
        to('9.9.9'),
        { ...status, health: { status: 'Healthy' } },
        MERGED,
      ),
    ).toBe(false);
  });
});

describe('hasArrived', () => {
  const arrived = recordedStatus('j-history/application-after-many.json');
  const DIGEST = `sha256:${'a'.repeat(64)}`;

  it('holds for the steady state', () => {
    expect(hasArrived(to('1.5.0'), arrived, MERGED)).toBe(true);
  });

  it.each<[what: string, changed: Partial<ApplicationStatus>]>([
    ['the image is not the one of the pin', { images: ['demo:1.5.0'] }],
    ['nothing runs', { images: [] }],
    [
      'an older version runs beside it',
      { images: [`${IMAGE}:1.5.0`, `${IMAGE}:1.4.3`] },
    ],
    ['it runs without a tag', { images: [IMAGE] }],
    ['an operation runs', { operation: { phase: 'Running' } }],
    ['an operation is being stopped', { operation: { phase: 'Terminating' } }],
    ['it is out of sync', { sync: { status: 'OutOfSync' } }],
    ['the comparison failed', { sync: { status: 'Unknown' } }],
    ...(
      ['Progressing', 'Degraded', 'Suspended', 'Missing', 'Unknown'] as const
    ).map((status): [string, Partial<ApplicationStatus>] => [
      `it is ${status}`,
      { health: { status } },
    ]),
  ])('does not hold when %s', (_, changed) => {
    expect(hasArrived(to('1.5.0'), { ...arrived, ...changed }, MERGED)).toBe(
      false,
    );
  });

  it('does not hold while the synced revision lacks the merge', () => {
    expect(hasArrived(to('1.5.0'), arrived, NOT_MERGED)).toBe(false);
  });

  it.each<
    [
      what: string,
      pods: { running?: string[]; ended?: string[]; onlyCronJobs?: true },
      holds: boolean,
    ]
  >([
    [
      'the older version has ended, in a Job',
      { running: ['1.5.0'], ended: ['1.4.3'] },
      true,
    ],
    ['a Job of it has ended', { ended: ['1.4.3', '1.5.0'] }, true],
    ['a Job of the older one runs still', { running: ['1.4.3'] }, false],
    [
      'one of the older one runs, and one of it has ended',
      { running: ['1.4.3'], ended: ['1.5.0'] },
      false,
    ],
    ['only Jobs of the older one have ended', { ended: ['1.4.3'] }, false],
    ['nothing runs at any version, as with no replicas', {}, true],
    [
      'only a CronJob runs it, between two runs',
      { ended: ['1.4.3'], onlyCronJobs: true },
      true,
    ],
    [
      'a CronJob runs the older one',
      { running: ['1.4.3'], onlyCronJobs: true },
      false,
    ],
  ])('goes by the pods where they were looked at: %s', (_, pods, holds) => {
    const images = (tags: string[] = []) => tags.map(tag => `${IMAGE}:${tag}`);
    const seenPods = {
      running: images(pods.running),
      ended: images(pods.ended),
      onlyCronJobs: pods.onlyCronJobs ?? false,
    };
    const summary = {
      ...arrived,
      images: [...seenPods.running, ...seenPods.ended],
    };
    expect(hasArrived(to('1.5.0'), summary, MERGED, { pods: seenPods })).toBe(
      holds,
    );
    // Whatever the pods say, it has to be synced and Healthy.
    const degraded = { ...summary, health: { status: 'Degraded' as const } };
    expect(hasArrived(to('1.5.0'), degraded, MERGED, { pods: seenPods })).toBe(
      false,
    );
  });

  describe('of an image that no pod has', () => {
    const changes = [...to('1.5.0'), ...to('3.1', 'debug')];
    const podsOf = (...running: string[]) => ({
      running: [`${IMAGE}:1.5.0`, ...running],
      ended: [] as string[],
      onlyCronJobs: false,
    });
    const pods = (...running: string[]) => ({ pods: podsOf(...running) });

    it('waits for the others alone, once the pods were looked at', () => {
      expect(hasArrived(changes, arrived, MERGED)).toBe(false);
      expect(hasArrived(changes, arrived, MERGED, pods())).toBe(true);
      expect(hasArrived(to('1.5.0'), { ...arrived, images: [] }, MERGED)).toBe(
        false,
      );
    });

    it.each<[what: string, changed: Partial<ApplicationStatus>]>([
      ['the older one is summed up', { images: ['debug:3.0'] }],
      ['the new one is summed up', { images: ['debug:3.1'] }],
      ['it is Progressing', { health: { status: 'Progressing' } }],
      [
        'health was not judged since the sync',
        { reconciledAt: '2026-11-23T23:37:23Z' },
      ],
      ['it is not known when health was judged', { reconciledAt: undefined }],
      ['it is not known when the sync ended', { operation: undefined }],
      [
        'the sync failed',
        { operation: { ...arrived.operation, phase: 'Failed' } },
      ],
    ])('does not hold while %s', (_, changed) => {
      const status = { ...arrived, ...changed };
      expect(hasArrived(changes, status, MERGED, pods())).toBe(false);
    });

    it('does not hold while a pod runs the older one, or did', () => {
      const older = 'debug:3.0';
      expect(hasArrived(changes, arrived, MERGED, pods(older))).toBe(false);
      expect(
        hasArrived(changes, arrived, MERGED, {
          pods: { ...podsOf(), ended: [older] },
        }),
      ).toBe(false);
    });
  });

  describe('after a sync that failed, with all else as it should be', () => {
    const failed = (
      phase: 'Failed' | 'Error',
      revision: string | undefined,
    ): ApplicationStatus => ({
      ...arrived,
      operation: { ...arrived.operation, phase, revision },
    });
    const before = 'b'.repeat(40);
    const containsMerge = (revision: string) => revision !== before;

    it.each<[phase: 'Failed' | 'Error', revision?: string]>([
      ['Failed', arrived.sync.revision],
      ['Error', 'c'.repeat(40)],
      ['Failed', undefined],
    ])('does not hold: %s at %s', (phase, revision) => {
      const status = failed(phase, revision);
      expect(hasSynced(status, containsMerge)).toBe(false);
      expect(hasArrived(to('1.5.0'), status, containsMerge)).toBe(false);
    });

    it('holds where that was before the merge', () => {
      const status = failed('Failed', before);
      expect(hasSynced(status, containsMerge)).toBe(true);
      expect(hasArrived(to('1.5.0'), status, containsMerge)).toBe(true);
    });
  });

  it('does not hold while health was not judged since the sync', () => {
    const at = (reconciledAt: string) => ({ ...arrived, reconciledAt });
    const { finishedAt } = arrived.operation!;
    expect(finishedAt).toBe('2026-11-23T23:37:24Z');
    expect(hasArrived(to('1.5.0'), at('2026-11-23T23:37:23Z'), MERGED)).toBe(
      false,
    );
    expect(hasArrived(to('1.5.0'), at(finishedAt!), MERGED)).toBe(true);
  });

  it('does not mind images that were not promoted', () => {
    const status = {
      ...arrived,
      images: [`${IMAGE}:1.5.0`, 'redis:7', `${IMAGE}-worker:0.1`],
    };
    expect(hasArrived(to('1.5.0'), status, MERGED)).toBe(true);
  });

  it('wants every promoted image', () => {
    const changes = [...to('1.5.0'), ...to('2.0', 'web')];
    const running = (...images: string[]) => ({ ...arrived, images });
    expect(hasArrived(changes, running(`${IMAGE}:1.5.0`), MERGED)).toBe(false);
    expect(
      hasArrived(changes, running(`${IMAGE}:1.5.0`, 'web:1.9'), MERGED),
    ).toBe(false);
    expect(
      hasArrived(changes, running(`${IMAGE}:1.5.0`, 'web:2.0'), MERGED),
    ).toBe(true);
  });

  it('lets two pins run as one image, each at its own version', () => {
    const changes = [...to('2-api'), ...to('2-jobs')];
    const running = (...tags: string[]) => ({
      ...arrived,
      images: tags.map(tag => `${IMAGE}:${tag}`),
    });
    expect(hasArrived(changes, running('2-api', '2-jobs'), MERGED)).toBe(true);
    expect(hasArrived(changes, running('2-api'), MERGED)).toBe(false);
    expect(
      hasArrived(changes, running('2-api', '2-jobs', '1-api'), MERGED),
    ).toBe(false);
  });

  describe('where another pin runs as the same image', () => {
    const change = {
      name: 'web',
      image: IMAGE,
      before: { tag: '1' },
      after: { tag: '2' },
    };
    const pin = (name: string, tag?: string, image = IMAGE) => ({
      name,
      image,
      version: { ...(tag && { tag }) },
    });
    const web = pin('web', '2');
    const images = (tags: string[]) => tags.map(tag => `${IMAGE}:${tag}`);

    it.each<
      [what: string, pins: ReturnType<typeof pin>[], tags: string[], boolean]
    >([
      [
        'its version is no older one',
        [web, pin('worker', '5')],
        ['2', '5'],
        true,
      ],
      ['both want the new one', [web, pin('worker', '2')], ['2'], true],
      ['that is not there yet', [web, pin('worker', '5')], ['2'], true],
      ['the old one runs', [web, pin('worker', '5')], ['2', '5', '1'], false],
      ['the new one does not', [web, pin('worker', '5')], ['5'], false],
      [
        'both want the new one, and the old one runs',
        [web, pin('worker', '2')],
        ['2', '1'],
        false,
      ],
      [
        'its old one is the other one wanted',
        [web, pin('worker', '1')],
        ['2', '1'],
        true,
      ],
      [
        'that, and the new one does not run',
        [web, pin('worker', '1')],
        ['1'],
        false,
      ],
      ['it names no version', [web, pin('worker')], ['2', '7'], true],
      [
        'it is another image',
        [web, pin('worker', '1', 'other')],
        ['2', '1'],
        false,
      ],
      [
        'the pin itself is another one by now',
        [pin('web', '1'), pin('worker', '1'), pin('api', '2')],
        ['2', '1'],
        false,
      ],
      ['the overlay is not known', [], ['2', '5'], false],
    ])('%s', (_, pins, tags, holds) => {
      const status = { ...arrived, images: images(tags) };
      expect(hasArrived([change], status, MERGED, { pins })).toBe(holds);
    });

    it('does not hold where the old one is wanted too, until health is known to be judged since', () => {
      const { finishedAt } = arrived.operation!;
      const at = (reconciledAt: string | undefined, worker: string) =>
        hasArrived(
          [change],
          { ...arrived, images: images(['2', worker]), reconciledAt },
          MERGED,
          { pins: [web, pin('worker', worker)] },
        );
      expect(at(undefined, '5')).toBe(true);
      expect(at(undefined, '1')).toBe(false);
      expect(at(finishedAt, '1')).toBe(true);
    });

    it('does not wait for one that no pod has, where none is of the old one', () => {
      const holds = (worker: string) =>
        hasArrived([change], { ...arrived, images: images([worker]) }, MERGED, {
          pins: [web, pin('worker', worker)],
          pods: {
            running: images([worker]),
            ended: [],
            onlyCronJobs: false,
          },
        });
      expect(holds('5')).toBe(true);
      // It may be a pod of before.
      expect(holds('1')).toBe(false);
    });

    it('wants both where they change places', () => {
      const other = {
        ...change,
        name: 'worker',
        before: { tag: '2' },
        after: { tag: '1' },
      };
      const status = { ...arrived, images: images(['1', '2']) };
      expect(hasArrived([change, other], status, MERGED)).toBe(true);
      expect(
        hasArrived(
          [change, other],
          { ...status, reconciledAt: undefined },
          MERGED,
        ),
      ).toBe(false);
    });
  });

  it('goes by the digest where the pin has one', () => {
    const changes = [{ ...to('')[0], after: { digest: DIGEST } }];
    expect(
      hasArrived(
        changes,
        { ...arrived, images: [`${IMAGE}@${DIGEST}`] },
        MERGED,
      ),
    ).toBe(true);
    expect(hasArrived(changes, arrived, MERGED)).toBe(false);
  });
});
