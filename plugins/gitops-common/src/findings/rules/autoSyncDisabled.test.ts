import { recorded, shown, SOUND, stageFacts } from '../../__testUtils__/facts';
import { autoSyncDisabled } from './autoSyncDisabled';

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

  it('leaves it to not-deployed where something waits for it', () => {
    expect(check(stageFacts(SOUND, recorded('b-out-of-sync')))).toEqual([]);
  });
});
