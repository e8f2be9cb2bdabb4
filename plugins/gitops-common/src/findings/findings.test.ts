import { recordedBody, recordedStatus } from '../__testUtils__/recordings';
import {
  demoEnvironments,
  demoSnapshot,
  overlayPinning,
  repository,
  STAGE_OVERLAY,
} from '../__testUtils__/tree';
import {
  ApplicationStatus,
  parseResourceTroubles,
} from '../argocd/ApplicationStatus';
import { readOverlay } from '../tree/overlay';
import type { EnvironmentFacts } from './EnvironmentFacts';
import { findingsOf } from './findings';

const pinning = (newTag: string) =>
  overlayPinning({ name: 'demo', newName: 'localhost:5001/demo', newTag });
const SOUND = pinning('"1.5.0"');
const MALFORMED =
  'kind: Kustomization\nimages:\n  - name: demo\n    newTag: [\nresources: []\n';

/** The facts of stage, with an overlay's text and a status; both are as they should be when not given. */
function facts(
  text: string = SOUND,
  status?: ApplicationStatus,
  declared: Partial<EnvironmentFacts['declared']> = {},
): EnvironmentFacts {
  const { stage } = demoEnvironments();
  return {
    repository,
    declared: { ...stage, ...declared },
    overlay: readOverlay(
      demoSnapshot({ [STAGE_OVERLAY]: text }),
      stage.overlayPath,
    ),
    status,
  };
}

/** A recorded Application with its tree, as if it deployed from this repository. */
function recorded(
  folder: string,
  more: Partial<ApplicationStatus> = {},
): ApplicationStatus {
  const status = recordedStatus(`${folder}/application.json`);
  return {
    ...status,
    repoURL: repository.url,
    troubles:
      status.health.status === 'Healthy'
        ? []
        : parseResourceTroubles(recordedBody(`${folder}/resource-tree.json`)),
    ...more,
  };
}

const codesOf = (of: EnvironmentFacts) =>
  findingsOf(of).map(({ code, severity }) => `${severity} ${code}`);

describe('findingsOf, on recordings of Argo CD', () => {
  it.each<[folder: string, what: string, text: string, codes: string[]]>([
    ['a-synced-healthy', 'the steady state', SOUND, []],
    ['b-out-of-sync', 'not yet synced', SOUND, []],
    [
      'c1-malformed-yaml',
      'the same fault in the tree',
      MALFORMED,
      ['error comparison-error'],
    ],
    [
      'c1-malformed-yaml',
      'the tree mended since',
      SOUND,
      ['error comparison-error'],
    ],
    [
      'c2-tag-not-string',
      'an unquoted tag',
      pinning('1.10'),
      ['error tag-not-string'],
    ],
    [
      'c3-missing-resource',
      'a fault that only kustomize sees',
      SOUND,
      ['error comparison-error'],
    ],
    [
      'c4-unknown-field',
      'a field that only kustomize refuses',
      SOUND,
      ['error comparison-error'],
    ],
    [
      'c3-missing-resource',
      'a null tag, which explains nothing',
      pinning('~'),
      ['warning tag-not-string', 'error comparison-error'],
    ],
    [
      'd-path-missing',
      'a path that is not there',
      SOUND,
      ['error comparison-error'],
    ],
    [
      'e1-image-pull-backoff-progressing',
      'a pod that waits for its image',
      pinning('"9.9.9"'),
      ['error image-pull-failed'],
    ],
    [
      'e2-image-pull-backoff-degraded',
      'a pod that waited too long',
      pinning('"9.9.9"'),
      ['error image-pull-failed'],
    ],
    [
      'g-repo-server-down',
      'Argo CD itself in trouble',
      SOUND,
      ['warning upstream-unreachable'],
    ],
    [
      'g-repo-server-down',
      'both in trouble',
      MALFORMED,
      ['error comparison-error', 'warning upstream-unreachable'],
    ],
    [
      'g-repo-server-down',
      'an unquoted tag meanwhile',
      pinning('1.10'),
      ['error tag-not-string', 'warning upstream-unreachable'],
    ],
    ['o-image-override', 'a pod that is only pending', SOUND, []],
  ])('%s, %s', (folder, _, text, codes) => {
    expect(codesOf(facts(text, recorded(folder)))).toEqual(codes);
  });

  it('needs no Argo CD for what the tree shows', () => {
    expect(codesOf(facts(SOUND))).toEqual([]);
    expect(codesOf(facts(MALFORMED))).toEqual(['error comparison-error']);
    expect(codesOf(facts(pinning('yes')))).toEqual(['error tag-not-string']);
  });
});

describe('comparison-error', () => {
  it("gives our own line and column, with Argo CD's words as evidence", () => {
    const [finding] = findingsOf(
      facts(MALFORMED, recorded('c1-malformed-yaml')),
    );
    expect(finding).toEqual({
      code: 'comparison-error',
      severity: 'error',
      what: 'The overlay does not build, so Argo CD keeps the old version.',
      why: expect.stringMatching(/flow sequence/i),
      fix: 'Correct the line and push it to the deployed branch.',
      evidence: expect.stringContaining(
        'yaml: line 8: did not find expected node content',
      ),
      where: {
        path: STAGE_OVERLAY,
        line: 5,
        column: 1,
        url: `${repository.url}/blob/${repository.head}/${STAGE_OVERLAY}#L5`,
      },
    });
  });

  it("has Argo CD's words only, where our reading finds nothing", () => {
    const [finding] = findingsOf(facts(SOUND, recorded('c3-missing-resource')));
    expect(finding).toMatchObject({
      why: 'Argo CD could not render the manifests.',
      fix: expect.stringContaining('kustomize build'),
      evidence: expect.stringContaining('hpa.yaml'),
      where: { path: STAGE_OVERLAY },
    });
    expect(finding.where).not.toHaveProperty('line');
  });

  it('is not raised for another condition', () => {
    const status = recorded('a-synced-healthy', {
      conditions: recordedStatus('k-multi-source/application.json').conditions,
    });
    expect(status.conditions[0].type).toBe('SharedResourceWarning');
    expect(findingsOf(facts(SOUND, status))).toEqual([]);
  });
});

describe('tag-not-string', () => {
  it.each([
    ['1.10', 'number'],
    ['1e3', 'number'],
    ['0123', 'number'],
    ['yes', 'boolean'],
  ])('says that an unquoted %s is a %s, and where', (written, type) => {
    const status = recorded('c2-tag-not-string');
    expect(findingsOf(facts(pinning(written), status))).toEqual([
      {
        code: 'tag-not-string',
        severity: 'error',
        what: 'newTag of demo is not a string, so the overlay does not build and Argo CD keeps the old version.',
        why: `Unquoted, ${written} is a ${type} to YAML.`,
        fix: `Quote it: newTag: "${written}"`,
        evidence: expect.stringContaining(
          'json: cannot unmarshal number into Go struct field Image.images.newTag of type string',
        ),
        where: expect.objectContaining({
          path: STAGE_OVERLAY,
          line: 5,
          column: 13,
        }),
      },
    ]);
  });

  it.each([
    ['null', 'null'],
    ['~', '~'],
    ['# nothing', 'nothing'],
  ])('warns of %s, which Kustomize drops', (written, shown) => {
    expect(findingsOf(facts(pinning(written)))).toEqual([
      {
        code: 'tag-not-string',
        severity: 'warning',
        what: 'newTag of demo is null, so Kustomize leaves it out.',
        why: `Unquoted, ${shown} is a null to YAML.`,
        fix: 'Write the newTag in quotes, or remove the line.',
        where: expect.objectContaining({ path: STAGE_OVERLAY, line: 5 }),
      },
    ]);
  });

  it('does not blame quotes where a YAML tag is at fault', () => {
    expect(findingsOf(facts(pinning('!!float "1.5x"')))).toMatchObject([
      { why: 'Its YAML tag makes 1.5x something else than a string.' },
    ]);
  });

  it("does not take the repo server's absence for evidence", () => {
    const [finding] = findingsOf(
      facts(pinning('1.10'), recorded('g-repo-server-down')),
    );
    expect(finding).toMatchObject({
      code: 'tag-not-string',
      evidence: undefined,
    });
  });
});

describe('image-pull-failed', () => {
  const text = overlayPinning(
    { name: 'x', newName: 'localhost:5001/de', newTag: '"1"' },
    { name: 'demo', newName: 'localhost:5001/demo', newTag: '"9.9.9"' },
  );
  const PIN_LINE = 8;

  it('names the image, the pod, the message and the pin', () => {
    expect(
      findingsOf(facts(text, recorded('e2-image-pull-backoff-degraded'))),
    ).toEqual([
      {
        code: 'image-pull-failed',
        severity: 'error',
        what: 'localhost:5001/demo:9.9.9 cannot be pulled, so the new version does not start.',
        why: 'Pod demo-6d4f96b474-mljgm is in ImagePullBackOff.',
        fix: 'Push the image to the registry, or change the tag to one that is there.',
        evidence: 'Back-off pulling image "localhost:5001/demo:9.9.9"',
        where: expect.objectContaining({ path: STAGE_OVERLAY, line: PIN_LINE }),
      },
    ]);
  });

  const trouble = {
    kind: 'Pod',
    name: 'demo-1',
    reason: 'ImagePullBackOff',
    images: ['localhost:5001/demo:9.9.9'],
  };

  it.each<[reason: string, found: boolean]>([
    ['ImagePullBackOff', true],
    ['ErrImagePull', true],
    ['InvalidImageName', true],
    ['ErrImageNeverPull', true],
    ['Init:ImagePullBackOff', true],
    ['Init:ErrImagePull', true],
    ['CrashLoopBackOff', false],
    ['Pending', false],
    ['ContainerCreating', false],
    ['Init:0/1', false],
  ])('is raised for a pod in %s: %s', (reason, found) => {
    const status = recorded('e1-image-pull-backoff-progressing', {
      troubles: [{ ...trouble, reason }],
    });
    expect(codesOf(facts(text, status))).toEqual(
      found ? ['error image-pull-failed'] : [],
    );
  });

  it('does not accuse the images of the other containers', () => {
    const status = recorded('e1-image-pull-backoff-progressing', {
      troubles: [
        {
          ...trouble,
          message: 'Back-off pulling image "localhost:5001/demo:9.9.9"',
          images: ['localhost:5001/de:1', 'localhost:5001/demo:9.9.9'],
        },
      ],
    });
    expect(findingsOf(facts(text, status))[0]).toMatchObject({
      what: expect.stringMatching(/^localhost:5001\/demo:9\.9\.9 cannot/),
      where: { line: PIN_LINE },
    });
  });

  it('is one finding for all pods of a rollout', () => {
    const status = recorded('e1-image-pull-backoff-progressing', {
      troubles: [trouble, { ...trouble, name: 'demo-2' }],
    });
    expect(codesOf(facts(text, status))).toEqual(['error image-pull-failed']);
  });

  it('names no line for an image that no pin has', () => {
    const status = recorded('e1-image-pull-backoff-progressing', {
      troubles: [{ ...trouble, images: ['redis:99'] }],
    });
    expect(findingsOf(facts(text, status))[0].where).not.toHaveProperty('line');
  });
});

describe('source-not-infra', () => {
  const OTHER = 'https://user:sec@ret@github.com/demo/other.git';

  it.each([
    'https://github.com/demo/gitops-infra.git',
    'git@github.com:demo/gitops-infra.git',
    '',
  ])('is not raised for %j', repoURL => {
    expect(findingsOf(facts(SOUND, undefined, { repoURL }))).toEqual([]);
  });

  it('names the manifest, without credentials', () => {
    expect(findingsOf(facts(SOUND, undefined, { repoURL: OTHER }))).toEqual([
      {
        code: 'source-not-infra',
        severity: 'error',
        what: 'The Application demo-stage does not deploy from demo/gitops-infra.',
        why: 'spec.source.repoURL in bootstrap/demo-stage-application.yaml is https://github.com/demo/other.git.',
        fix: 'Point spec.source.repoURL at https://github.com/demo/gitops-infra.',
        where: expect.objectContaining({
          path: 'bootstrap/demo-stage-application.yaml',
          line: 1,
        }),
      },
    ]);
  });

  it('names the cluster, where the manifest is right', () => {
    const status = recorded('a-synced-healthy', { repoURL: OTHER });
    expect(findingsOf(facts(SOUND, status))).toMatchObject([
      {
        code: 'source-not-infra',
        why: 'spec.source.repoURL in the cluster is https://github.com/demo/other.git.',
      },
    ]);
  });
});
