import { recorded, shown, SOUND, stageFacts } from '../../__testUtils__/facts';
import { STAGE_OVERLAY } from '../../__testUtils__/tree';
import { overriddenOutsideGit } from './overriddenOutsideGit';

const { check } = overriddenOutsideGit;

const WRITTEN = 'demo=localhost:5001/demo:0.0.7';

describe('overridden-outside-git', () => {
  it('names the override and how to remove it', () => {
    expect(check(stageFacts(SOUND, recorded('o-image-override')))).toEqual([
      {
        severity: 'error',
        what: 'demo does not follow Git: it is set in the cluster.',
        why: `spec.source.kustomize.images of the Application demo-stage has ${WRITTEN}, which wins over the overlay.`,
        fix: expect.stringContaining(
          'argocd app unset demo-stage --kustomize-image demo',
        ),
        evidence: `argocd/demo-stage: ${WRITTEN}`,
        where: expect.objectContaining({ path: STAGE_OVERLAY, line: 5 }),
      },
    ]);
  });

  it.each<[written: string, name: string]>([
    ['demo:1', 'demo'],
    ['localhost:5001/demo@sha256:abc', 'localhost:5001/demo'],
    ['demo=other', 'demo'],
    ['=x', ''],
  ])('takes from %s the name %j', (written, name) => {
    const status = recorded('a-synced-healthy', { imageOverrides: [written] });
    expect(check(stageFacts(SOUND, status)).map(shown)).toEqual([
      expect.stringContaining(`error ${name} does not follow Git`),
    ]);
  });

  it('is not raised for what the manifest in Git says', () => {
    const status = recorded('o-image-override');
    const inGit = { imageOverrides: [WRITTEN] };
    expect(check(stageFacts(SOUND, status, inGit))).toEqual([]);
  });
});
