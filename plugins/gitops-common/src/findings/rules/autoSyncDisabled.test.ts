import { recorded, shown, SOUND, stageFacts } from '../../__testUtils__/facts';
import { COMMIT } from '../../__testUtils__/tree';
import type { ApplicationStatus } from '../../argocd/ApplicationStatus';
import { autoSyncDisabled } from './autoSyncDisabled';
import { notDeployed } from './notDeployed';

const { check } = autoSyncDisabled;

const steady = (automated: boolean) =>
  recorded('a-synced-healthy', {
    automated,
    images: ['localhost:5001/demo:1.5.0'],
  });

describe('auto-sync-disabled', () => {
  it.each<[what: string, inGit: boolean, inCluster: boolean, found: boolean]>([
    ['on in both', true, true, false],
    ['off in both', false, false, false],
    ['switched on in the cluster', false, true, false],
    ['switched off in the cluster', true, false, true],
  ])('looks at auto-sync %s', (_, inGit, inCluster, found) => {
    const facts = stageFacts(SOUND, steady(inCluster), { automated: inGit });
    expect(check(facts).map(shown)).toEqual(
      found
        ? [
            'bootstrap/demo-stage-application.yaml:20:7 warning The next change of stage will not be deployed by itself.',
          ]
        : [],
    );
  });

  it.each<[what: string, status: Partial<ApplicationStatus>]>([
    [
      'the manifest sets the image',
      { imageOverrides: ['demo=localhost:5001/demo:1.4.1'] },
    ],
    [
      'a sync window holds a sync back',
      {
        sync: { status: 'OutOfSync', revision: COMMIT },
        images: ['localhost:5001/demo:1.4.1'],
        operation: {
          phase: 'Running',
          message: 'Sync operation blocked by sync window',
        },
      },
    ],
  ])('is said beside another warning of not-deployed: %s', (_, status) => {
    const facts = stageFacts(
      SOUND,
      { ...steady(false), ...status },
      { automated: true, imageOverrides: status.imageOverrides },
    );
    expect(notDeployed.check(facts)).toMatchObject([{ severity: 'warning' }]);
    expect(check(facts)).toHaveLength(1);
  });

  it('leaves it to not-deployed where something waits for it', () => {
    expect(check(stageFacts(SOUND, recorded('b-out-of-sync')))).toEqual([]);
  });
});
