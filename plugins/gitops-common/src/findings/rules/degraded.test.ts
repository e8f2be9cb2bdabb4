import { recorded, SOUND, stageFacts } from '../../__testUtils__/facts';
import type { HealthState } from '../../api/types';
import type { ResourceTrouble } from '../../argocd/ApplicationStatus';
import { degraded } from './degraded';

const { check } = degraded;

const pod = (reason: string, message?: string): ResourceTrouble => ({
  kind: 'Pod',
  name: 'demo-1',
  reason,
  message,
  images: [],
});

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
      [['error', 'Pod demo-1 is in Pending.', /no node takes the pod/]],
    ],
    [
      'Degraded',
      [pod('Running')],
      [
        [
          'error',
          'Pod demo-1 runs and does not become ready.',
          /readiness probe .* describe pod demo-1/,
        ],
      ],
    ],
    [
      'Degraded',
      [pod('NotReady')],
      [['error', 'Pod demo-1 is in NotReady.', /readiness probe/]],
    ],
    [
      'Progressing',
      [pod('CrashLoopBackOff', 'back-off; it ended before with OOMKilled')],
      [['warning', 'Pod demo-1 is in CrashLoopBackOff.', /memory limit/]],
    ],
    [
      'Degraded',
      [pod('Unknown')],
      [['error', 'Pod demo-1 is in Unknown.', /events/]],
    ],
    [
      'Degraded',
      [],
      [
        [
          'error',
          'Argo CD finds at least one of its resources Degraded.',
          /argocd app resources demo-stage/,
        ],
      ],
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
