import { recorded, SOUND, stageFacts } from '../../__testUtils__/facts';
import type { HealthState } from '../../api/types';
import type { ResourceTrouble } from '../../argocd/ApplicationStatus';
import { degraded } from './degraded';

const { check } = degraded;

const UNTOLD = 'Argo CD finds at least one of its resources Degraded.';

const pod = (
  reason: string,
  message?: string,
  owner = 'ReplicaSet',
): ResourceTrouble => ({
  kind: 'Pod',
  name: 'demo-1',
  reason,
  message,
  images: [],
  owner,
});
const jobPod = (reason: string) => pod(reason, undefined, 'Job');

describe('degraded', () => {
  it.each<
    [
      health: HealthState['status'],
      troubles: ResourceTrouble[],
      found: [severity: string, why: string, fix: RegExp][],
    ]
  >([
    ['Healthy', [], []],
    ['Progressing', [pod('Pending'), pod('ContainerCreating')], []],
    [
      'Progressing',
      [pod('CrashLoopBackOff')],
      [
        [
          'warning',
          'Pod demo-1 is in CrashLoopBackOff.',
          /kubectl -n demo-stage logs demo-1 --all-containers --previous/,
        ],
      ],
    ],
    [
      'Degraded',
      [pod('Init:OOMKilled')],
      [['error', 'Pod demo-1 is in Init:OOMKilled.', /memory limit/]],
    ],
    [
      'Degraded',
      [pod('CreateContainerConfigError')],
      [
        [
          'error',
          'Pod demo-1 is in CreateContainerConfigError.',
          /ConfigMap or Secret/,
        ],
      ],
    ],
    [
      'Degraded',
      [pod('Pending', '0/3 nodes are available')],
      [
        [
          'error',
          `${UNTOLD} What is also not ready: Pod demo-1 is in Pending.`,
          /app resources demo-stage`\. Look why no node takes the pod/,
        ],
      ],
    ],
    [
      'Degraded',
      [pod('Running')],
      [
        [
          'error',
          `${UNTOLD} What is also not ready: Pod demo-1 runs and does not become ready.`,
          /readiness probe .* describe pod demo-1/,
        ],
      ],
    ],
    [
      'Degraded',
      [pod('NotReady')],
      [
        [
          'error',
          `${UNTOLD} What is also not ready: Pod demo-1 is in NotReady.`,
          /readiness probe/,
        ],
      ],
    ],
    [
      'Progressing',
      [pod('CrashLoopBackOff', 'back-off; it ended before with OOMKilled')],
      [['warning', 'Pod demo-1 is in CrashLoopBackOff.', /memory limit/]],
    ],
    [
      'Degraded',
      [pod('Unknown')],
      [
        [
          'error',
          `${UNTOLD} What is also not ready: Pod demo-1 is in Unknown.`,
          /events/,
        ],
      ],
    ],
    ['Degraded', [], [['error', UNTOLD, /argocd app resources demo-stage/]]],
    // A Job that still runs is not why a volume is lost.
    [
      'Degraded',
      [jobPod('Running')],
      [['error', UNTOLD, /argocd app resources demo-stage`\.$/]],
    ],
    // What failed yesterday is no trouble of a rollout.
    ['Progressing', [jobPod('Error'), pod('ContainerCreating')], []],
    ['Progressing', [jobPod('Init:ExitCode:3')], []],
    ['Progressing', [pod('Evicted')], []],
    [
      'Progressing',
      [jobPod('CrashLoopBackOff')],
      [['warning', 'Pod demo-1 is in CrashLoopBackOff.', /logs/]],
    ],
    [
      'Degraded',
      [jobPod('Error')],
      [['error', 'Pod demo-1 is in Error.', /logs/]],
    ],
    [
      'Degraded',
      [pod('Evicted'), jobPod('Error'), pod('OOMKilled')],
      [['error', 'Pod demo-1 is in OOMKilled.', /memory limit/]],
    ],
    ['Degraded', [pod('ImagePullBackOff'), pod('Pending')], []],
    [
      'Degraded',
      [pod('ImagePullBackOff'), pod('Error')],
      [['error', 'Pod demo-1 is in Error.', /logs/]],
    ],
  ])('of %s with %j finds %j', (health, troubles, found) => {
    const status = recorded('a-synced-healthy', {
      health: { status: health },
      troubles,
    });
    expect(
      check(stageFacts(SOUND, status)).map(({ severity, why, fix }) => [
        severity,
        why,
        fix,
      ]),
    ).toEqual(
      found.map(([severity, why, fix]) => [
        severity,
        why,
        expect.stringMatching(fix),
      ]),
    );
  });

  it("says Argo CD's words before what is also not ready", () => {
    const message = 'PersistentVolumeClaim data is lost';
    const status = recorded('a-synced-healthy', {
      health: { status: 'Degraded', message },
      troubles: [pod('Running')],
    });
    expect(check(stageFacts(SOUND, status))).toMatchObject([
      {
        why: `${message}. What is also not ready: Pod demo-1 runs and does not become ready.`,
        evidence: message,
      },
    ]);
  });

  it("shows Argo CD's words", () => {
    const message = 'Deployment "demo" exceeded its progress deadline';
    const status = recorded('a-synced-healthy', {
      health: { status: 'Degraded', message },
    });
    expect(check(stageFacts(SOUND, status))).toMatchObject([
      { why: message, evidence: message },
    ]);
  });
});
