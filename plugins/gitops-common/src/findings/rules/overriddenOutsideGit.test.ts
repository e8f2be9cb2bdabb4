import { recorded, shown, SOUND, stageFacts } from '../../__testUtils__/facts';
import { repository, STAGE_OVERLAY } from '../../__testUtils__/tree';
import { parseApplication } from '../../argocd/ApplicationStatus';
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

  const URL = 'https://github.com/demo/gitops-infra';
  const PATH = 'apps/demo/overlays/stage';
  const source = (
    targetRevision?: string,
    { path = PATH, repoURL = URL }: { path?: string; repoURL?: string } = {},
  ) => ({ path, repoURL, targetRevision });

  it.each<
    [
      what: string,
      inGit: string,
      sources: ReturnType<typeof source>[],
      defaultBranch: string | undefined,
      why: string | undefined,
    ]
  >([
    ['the same', 'main', [source('main')], undefined, undefined],
    [
      'the same, written otherwise',
      'main',
      [
        source('refs/heads/main', {
          path: './apps/demo/overlays/stage/',
          repoURL: 'git@github.com:demo/gitops-infra.git',
        }),
      ],
      undefined,
      undefined,
    ],
    [
      'another branch and another path',
      'main',
      [source('hotfix', { path: 'apps/demo/overlays/local' })],
      undefined,
      `says path ${PATH}, targetRevision main; the cluster has path apps/demo/overlays/local, targetRevision hotfix.`,
    ],
    [
      'another repository',
      'main',
      [source('main', { repoURL: 'https://a:b@github.com/demo/other' })],
      undefined,
      `says repoURL ${URL}; the cluster has repoURL https://github.com/demo/other.`,
    ],
    ['HEAD for the branch', 'main', [source('HEAD')], 'main', undefined],
    ['nothing for the branch', 'main', [source()], 'main', undefined],
    ['the branch for nothing', '', [source('main')], 'main', undefined],
    ['the branch for HEAD', 'HEAD', [source('main')], 'main', undefined],
    [
      'HEAD, which nobody knows',
      'main',
      [source('HEAD')],
      undefined,
      undefined,
    ],
    [
      'a branch for a HEAD unknown',
      'HEAD',
      [source('x')],
      undefined,
      undefined,
    ],
    [
      'HEAD, which is another branch',
      'main',
      [source('HEAD')],
      'release',
      'says targetRevision main; the cluster has targetRevision HEAD.',
    ],
    [
      'a branch that HEAD is not',
      'HEAD',
      [source('hotfix')],
      'main',
      'says targetRevision HEAD; the cluster has targetRevision hotfix.',
    ],
    [
      'the overlay as one of several sources',
      'main',
      [source('v1', { path: 'apps/demo/overlays/local' }), source('main')],
      undefined,
      undefined,
    ],
    [
      'another revision for one of several sources',
      'main',
      [source('main', { path: 'apps/demo/overlays/local' }), source('v1')],
      undefined,
      'says targetRevision main; the cluster has targetRevision v1.',
    ],
  ])(
    'compares the source with the manifest: %s',
    (_, targetRevision, sources, defaultBranch, why) => {
      const [{ repoURL, path }] = sources;
      const status = recorded('a-synced-healthy', { sources, repoURL, path });
      const facts = stageFacts(SOUND, status, { targetRevision });
      expect(
        check({ ...facts, defaultBranch }).map(found => found.why),
      ).toEqual(why ? [`bootstrap/demo-stage-application.yaml ${why}`] : []);
    },
  );

  it('names the line of the manifest', () => {
    const status = recorded('a-synced-healthy', {
      sources: [source('hotfix')],
    });
    expect(check(stageFacts(SOUND, status)).map(shown)).toEqual([
      'bootstrap/demo-stage-application.yaml:13:21 error The Application demo-stage does not deploy what Git says: its source in the cluster is another one.',
    ]);
  });

  const ofTwoSources = (deployed: object, other: object) =>
    parseApplication('main', {
      metadata: { name: 'demo-stage', namespace: 'argocd' },
      spec: {
        sources: [
          { repoURL: repository.url, path: 'monitoring', kustomize: other },
          {
            repoURL: repository.url,
            path: 'apps/demo/overlays/stage',
            kustomize: deployed,
          },
        ],
      },
    });

  it('is not raised for the images of another source', () => {
    const status = ofTwoSources({}, { images: ['grafana:11'] });
    expect(check(stageFacts(SOUND, status))).toEqual([]);
  });

  it('names the source where there are several', () => {
    const status = ofTwoSources({ images: [WRITTEN] }, {});
    expect(check(stageFacts(SOUND, status))).toMatchObject([
      {
        why: expect.stringMatching(
          /^spec\.sources\[1\]\.kustomize\.images of /,
        ),
        fix: expect.stringContaining(
          '`argocd app unset demo-stage --source-position 2 --kustomize-image demo`',
        ),
      },
    ]);
  });

  it('is not raised for what the manifest in Git says', () => {
    const status = recorded('o-image-override');
    const inGit = { imageOverrides: [WRITTEN] };
    expect(check(stageFacts(SOUND, status, inGit))).toEqual([]);
  });
});
