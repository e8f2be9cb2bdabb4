import {
  pinning,
  recorded,
  shown,
  SOUND,
  stageFacts,
} from '../../__testUtils__/facts';
import { COMMIT, STAGE_OVERLAY } from '../../__testUtils__/tree';
import type { ApplicationStatus } from '../../argocd/ApplicationStatus';
import type { EnvironmentFacts } from '../EnvironmentFacts';
import { notDeployed } from './notDeployed';

const { check } = notDeployed;

/** What is found, and what Argo CD can be asked to do about it. */
const foundIn = (judged: EnvironmentFacts) =>
  check(judged).map(
    diagnosis =>
      shown(diagnosis) + (diagnosis.command ? ` [${diagnosis.command}]` : ''),
  );

const OLD = ['localhost:5001/demo:1.4.1'];
const BOTH = [...OLD, 'localhost:5001/demo:1.5.0'];
const AT = `${STAGE_OVERLAY}:5:13`;
const HEAD = 'f'.repeat(40);

const outOfSync: Partial<ApplicationStatus> = {
  sync: { status: 'OutOfSync', revision: COMMIT },
  images: OLD,
};
const commits = ['1'.repeat(40), '2'.repeat(40)].map(sha => ({
  sha,
  title: `Change ${sha.slice(0, 1)}`,
  author: 'jane',
  url: `https://example.com/${sha}`,
}));

/** Stage, which should run 1.5.0, with what differs from a steady state that runs it. */
function facts(
  status: Partial<ApplicationStatus>,
  more: Partial<EnvironmentFacts> = {},
): EnvironmentFacts {
  const steady = recorded('a-synced-healthy', {
    images: ['localhost:5001/demo:1.5.0'],
  });
  return { ...stageFacts(SOUND, { ...steady, ...status }), ...more };
}

describe('not-deployed', () => {
  it.each<
    [
      what: string,
      status: Partial<ApplicationStatus>,
      more: Partial<EnvironmentFacts>,
      expected: string[],
    ]
  >([
    ['all is well', {}, {}, []],
    [
      'commits are merged and Argo CD has not looked',
      { images: OLD },
      { behind: { commitsBehind: 2, commits } },
      ['info 2 commits are merged and not yet seen by Argo CD. [refresh]'],
    ],
    [
      'one commit is, that changes no version',
      {},
      { behind: { commitsBehind: 1, commits: commits.slice(1) } },
      ['info 1 commit is merged and not yet seen by Argo CD. [refresh]'],
    ],
    [
      'not all commits were looked at',
      {},
      { behind: { commitsBehind: 1, commitsBehindIsAtLeast: true } },
      [
        'info At least 1 commits are merged and not yet seen by Argo CD. [refresh]',
      ],
    ],
    [
      'later commits change other things only',
      {},
      {
        behind: { commitsBehind: 0 },
        repository: { ...stageFacts().repository, head: HEAD },
      },
      [],
    ],
    [
      'the distance to the head is not known',
      { images: OLD },
      { repository: { ...stageFacts().repository, head: HEAD } },
      [`${AT} info demo 1.5.0 is not live. [refresh]`],
    ],
    [
      'the distance is not known, and the version runs',
      {},
      { repository: { ...stageFacts().repository, head: HEAD } },
      [],
    ],
    [
      'auto-sync is off',
      { ...outOfSync, automated: false },
      {},
      [`${AT} warning demo 1.5.0 is not deployed: auto-sync is off. [sync]`],
    ],
    [
      'it is meant to be synced by hand',
      { ...outOfSync, automated: false },
      { declared: { ...stageFacts().declared, automated: false } },
      [
        `${AT} warning demo 1.5.0 is not deployed: it is synced by hand. [sync]`,
      ],
    ],
    [
      'a sync window holds the sync back',
      {
        ...outOfSync,
        operation: {
          phase: 'Running',
          message: 'Sync operation blocked by sync window',
        },
      },
      {},
      [`${AT} warning demo 1.5.0 waits for a sync window.`],
    ],
    [
      'a sync is running',
      { ...outOfSync, operation: { phase: 'Running' } },
      {},
      [`${AT} info demo 1.5.0 is being synced.`],
    ],
    [
      'the sync failed',
      {
        ...outOfSync,
        operation: {
          phase: 'Failed',
          message: 'one or more objects failed to apply',
        },
      },
      {},
      [
        `${AT} error The last sync failed, so what Git says is not deployed. [sync]`,
      ],
    ],
    [
      'the sync of this commit failed',
      { ...outOfSync, operation: { phase: 'Failed', revision: COMMIT } },
      {},
      [
        `${AT} error The last sync failed, so what Git says is not deployed. [sync]`,
      ],
    ],
    [
      'the sync of an older commit failed, and the mend waits for a sync by hand',
      {
        ...outOfSync,
        automated: false,
        operation: { phase: 'Failed', revision: HEAD },
      },
      {},
      [`${AT} warning demo 1.5.0 is not deployed: auto-sync is off. [sync]`],
    ],
    [
      'the sync of an older commit failed, and the mend is about to be applied',
      { ...outOfSync, operation: { phase: 'Error', revision: HEAD } },
      {},
      [`${AT} info demo 1.5.0 is seen by Argo CD and not applied yet. [sync]`],
    ],
    [
      'a hook of the sync failed',
      { operation: { phase: 'Failed', message: 'smoke test failed' } },
      {},
      [
        'error The last sync failed, although nothing is different from Git. [sync]',
      ],
    ],
    [
      'the sync of an older commit failed',
      { operation: { phase: 'Failed', revision: HEAD } },
      {},
      [],
    ],
    [
      'the sync of an older commit failed, and a promotion waits',
      { operation: { phase: 'Error', revision: HEAD } },
      { promotion: { state: 'merged', changes: [], title: '' } },
      [
        'warning The last sync failed, although nothing is different from Git. [sync]',
      ],
    ],
    [
      'the sync is about to begin',
      outOfSync,
      {},
      [`${AT} info demo 1.5.0 is seen by Argo CD and not applied yet. [sync]`],
    ],
    [
      'OutOfSync is not about a version',
      { ...outOfSync, images: BOTH.slice(1), automated: false },
      {},
      [],
    ],
    [
      'the old pods are being replaced',
      { images: BOTH, health: { status: 'Progressing' } },
      {},
      [`${AT} info demo 1.5.0 is rolling out.`],
    ],
    [
      'health has not noticed the new pods, or a CronJob has not run since',
      { images: OLD },
      {},
      [
        `${AT} info demo 1.5.0 is applied; another version is listed among its images.`,
      ],
    ],
    [
      'Argo CD is ahead of what was read of Git',
      { images: OLD },
      {
        behind: { commitsBehind: 0 },
        commitsAhead: 1,
        repository: { ...stageFacts().repository, head: HEAD },
      },
      [],
    ],
    [
      'Argo CD has compared what was taken back by force since',
      { images: OLD },
      { behind: { commitsBehind: 2, commits }, commitsAhead: 1 },
      ['info 2 commits are merged and not yet seen by Argo CD. [refresh]'],
    ],
    [
      'a canary is paused, and both versions run',
      { images: BOTH, health: { status: 'Suspended' } },
      {},
      [`${AT} info The rollout of demo 1.5.0 is paused.`],
    ],
    [
      'a rollout is paused',
      { images: BOTH.slice(0, 1), health: { status: 'Suspended' } },
      {},
      [`${AT} info The rollout of demo 1.5.0 is paused.`],
    ],
    [
      'a finished Job of the version before is still listed',
      { images: BOTH },
      {},
      [],
    ],
    ['nothing runs, as with no replicas', { images: [] }, {}, []],
    [
      'a pod cannot start, which has a finding of its own',
      {
        images: BOTH,
        health: { status: 'Progressing' },
        troubles: [
          { kind: 'Pod', name: 'a', reason: 'ErrImagePull', images: [] },
        ],
      },
      {},
      [],
    ],
    [
      'the comparison fails, which has a finding of its own',
      {
        ...outOfSync,
        conditions: [{ type: 'ComparisonError', message: 'x' }],
      },
      {},
      [],
    ],
    [
      'the Application is not accepted, which has a finding of its own',
      {
        ...outOfSync,
        conditions: [{ type: 'InvalidSpecError', message: 'x' }],
      },
      {},
      [],
    ],
    [
      'the image is set in the cluster, which has a finding of its own',
      { images: OLD, imageOverrides: ['demo=localhost:5001/demo:1.4.1'] },
      {},
      [],
    ],
    [
      'another revision is set in the cluster, which has a finding of its own',
      {
        images: OLD,
        health: { status: 'Progressing' },
        sources: [
          {
            repoURL: stageFacts().declared.repoURL,
            path: stageFacts().declared.overlayPath,
            targetRevision: 'hotfix',
          },
        ],
      },
      {},
      [],
    ],
    [
      'a pull request waits',
      {},
      {
        promotion: {
          state: 'open',
          title: 'promote(demo): local → stage, 1.5.0 → 1.6.0',
          pullRequest: { number: 12, url: 'https://example.com/pull/12' },
          changes: [
            {
              name: 'demo',
              image: 'localhost:5001/demo',
              before: { tag: '1.5.0' },
              after: { tag: '1.6.0' },
              location: { path: STAGE_OVERLAY },
            },
          ],
        },
      },
      ['info demo 1.6.0 is not merged yet.'],
    ],
  ])('where %s', (_, status, more, expected) => {
    expect(foundIn(facts(status, more))).toEqual(expected);
  });

  it('names the commits that wait, and what else is to be done', () => {
    const [found] = check(
      facts({ automated: false }, { behind: { commitsBehind: 2, commits } }),
    );
    expect(found).toMatchObject({
      why: `It compared ${COMMIT.slice(
        0,
        7,
      )} at 2026-11-23T23:33:35Z; main is at ${COMMIT.slice(0, 7)}.`,
      fix: expect.stringContaining('Then sync it: auto-sync is off.'),
      evidence: '1111111 Change 1\n2222222 Change 2',
    });
  });

  it('says where Git itself overrides the overlay', () => {
    const declared = {
      ...stageFacts().declared,
      imageOverrides: ['demo=localhost:5001/demo:1.4.1'],
      fields: { imageOverrides: { line: 20, column: 7 } },
    };
    const overridden = {
      images: OLD,
      imageOverrides: declared.imageOverrides,
    };
    expect(check(facts(overridden, { declared })).map(shown)).toEqual([
      'bootstrap/demo-stage-application.yaml:20:7 warning What the overlay pins for demo is not deployed: the Application sets the image.',
    ]);
  });

  const TWO_PINS = `images:
  - {name: web, newName: localhost:5001/demo, newTag: "1.5.0"}
  - {name: worker, newName: localhost:5001/demo, newTag: "1.4.1"}
`;

  it.each<
    [
      images: string[],
      health: ApplicationStatus['health']['status'],
      found: string[],
    ]
  >([
    [BOTH, 'Progressing', []],
    [BOTH, 'Suspended', []],
    [OLD, 'Progressing', []],
    [
      [...BOTH, 'localhost:5001/demo:1.3.0'],
      'Progressing',
      ['info web 1.5.0, worker 1.4.1 is rolling out.'],
    ],
  ])(
    'counts no version that another pin of the image has: %j, %s',
    (images, status, found) => {
      const judged = stageFacts(
        TWO_PINS,
        recorded('a-synced-healthy', { images, health: { status } }),
      );
      expect(check(judged).map(it => `${it.severity} ${it.what}`)).toEqual(
        found,
      );
    },
  );

  it('never says of pods that are only summed up that they run', () => {
    for (const status of ['Healthy', 'Progressing', 'Suspended'] as const) {
      for (const images of [OLD, BOTH]) {
        const found = check(facts({ images, health: { status } }));
        expect(JSON.stringify(found)).not.toMatch(/still run|old pods/);
      }
    }
  });

  it('compares by digest where the overlay pins one', () => {
    const digest = (of: string) => `sha256:${of.repeat(64)}`;
    const text = pinning('"1.5.0"').replace(
      /newTag.*/,
      `digest: ${digest('a')}`,
    );
    const running = (of: string) =>
      check(
        stageFacts(
          text,
          recorded('a-synced-healthy', {
            images: [`localhost:5001/demo@${digest(of)}`],
          }),
        ),
      );
    expect(running('a')).toEqual([]);
    expect(running('b')).toHaveLength(1);
  });

  it('says nothing where Argo CD is not known', () => {
    expect(check(stageFacts())).toEqual([]);
  });
});
