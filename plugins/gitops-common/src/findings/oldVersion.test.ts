import { recorded, SOUND, stageFacts } from '../__testUtils__/facts';
import { COMMIT, STAGE_OVERLAY } from '../__testUtils__/tree';
import type { ApplicationStatus } from '../argocd/ApplicationStatus';
import type { EnvironmentFacts } from './EnvironmentFacts';
import { findingsOf } from './findings';

const OLD = ['localhost:5001/demo:1.4.1'];
const WAITING: Partial<ApplicationStatus> = {
  sync: { status: 'OutOfSync', revision: COMMIT },
  images: OLD,
};
const MANIFEST = stageFacts().declared;

type Case = [
  cause: string,
  status: Partial<ApplicationStatus>,
  more: Partial<EnvironmentFacts>,
  code: string,
  what: string,
  fix: string,
  command: 'refresh' | 'sync' | undefined,
];

describe('Healthy, and an old version: each cause by itself', () => {
  it.each<Case>([
    [
      'not merged',
      { images: ['localhost:5001/demo:1.5.0'] },
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
      'not-deployed',
      'demo 1.6.0 is not merged yet.',
      'Review and merge it.',
      undefined,
    ],
    [
      'merged and not refreshed',
      { images: OLD },
      { behind: { commitsBehind: 1 } },
      'not-deployed',
      '1 commit is merged and not yet seen by Argo CD.',
      'refresh demo-stage',
      'refresh',
    ],
    [
      'refreshed and not synced, as auto-sync was switched off',
      { ...WAITING, automated: false },
      {},
      'not-deployed',
      'demo 1.5.0 is not deployed: auto-sync is off.',
      'Sync demo-stage, and switch auto-sync on again',
      'sync',
    ],
    [
      'refreshed and not synced, as it is synced by hand',
      { ...WAITING, automated: false },
      { declared: { ...MANIFEST, automated: false } },
      'not-deployed',
      'demo 1.5.0 is not deployed: it is synced by hand.',
      'Sync demo-stage.',
      'sync',
    ],
    [
      'refreshed and not synced, as a sync window is closed',
      {
        ...WAITING,
        operation: {
          phase: 'Running',
          message: 'Sync operation blocked by sync window',
        },
      },
      {},
      'not-deployed',
      'demo 1.5.0 waits for a sync window.',
      'Wait until the window allows it',
      undefined,
    ],
    [
      'refreshed and not synced, as the sync failed',
      { ...WAITING, operation: { phase: 'Failed', message: 'forbidden' } },
      {},
      'not-deployed',
      'The last sync failed, so what Git says is not deployed.',
      'sync demo-stage once more',
      'sync',
    ],
    [
      'synced and rolling out',
      {
        images: [...OLD, 'localhost:5001/demo:1.5.0'],
        health: { status: 'Progressing' },
      },
      {},
      'not-deployed',
      'demo 1.5.0 is rolling out.',
      'Wait until demo-stage is Healthy.',
      undefined,
    ],
    [
      'overridden outside Git',
      { images: OLD, imageOverrides: ['demo=localhost:5001/demo:1.4.1'] },
      {},
      'overridden-outside-git',
      'demo does not follow Git: it is set in the cluster.',
      'argocd app unset demo-stage --kustomize-image demo',
      undefined,
    ],
    [
      'the comparison fails',
      recorded('c4-unknown-field', { images: OLD }),
      {},
      'comparison-error',
      'The overlay does not build, so Argo CD keeps the old version.',
      'Where that is done already, refresh demo-stage.',
      'refresh',
    ],
    [
      'the repo server is down',
      recorded('g-repo-server-down', { images: OLD }),
      {},
      'upstream-unreachable',
      'Argo CD cannot compare with Git at the moment, so nothing new is deployed.',
      'argocd-repo-server',
      'refresh',
    ],
  ])('%s', (_, status, more, code, what, fix, command) => {
    const steady = recorded('a-synced-healthy');
    const facts = { ...stageFacts(SOUND, { ...steady, ...status }), ...more };
    const findings = findingsOf(facts).filter(
      // That it is off is said by itself too, for when nothing waits.
      finding => finding.code !== 'auto-sync-disabled',
    );
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ code, what });
    expect(findings[0].command).toBe(command);
    expect(findings[0].fix).toContain(fix);
  });
});
