import { applyPatch } from 'diff';
import fc from 'fast-check';
import { generatedKustomization } from '../__testUtils__/generatedKustomization';
import {
  demoEnvironments,
  demoSnapshot,
  LOCAL_OVERLAY,
  overlayPinning,
  repository,
  STAGE_OVERLAY,
} from '../__testUtils__/tree';
import type { RepositoryRef, PromotionRef } from '../api/types';
import type { DeclaredEnvironment } from '../environments/topology';
import type { Finding } from '../findings/Finding';
import type { FindingRule } from '../findings/FindingRule';
import type { InfraSnapshot } from '../tree/InfraSnapshot';
import { readKustomization } from '../tree/kustomization';
import { readOverlay } from '../tree/overlay';
import { readBases } from '../tree/overlayBases';
import type { MergedChange } from './goesBack';
import { planPromotion } from './plan';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;

/** Plans local → stage on this repository's tree, with other overlays, other declarations or another request. */
function plan(
  overlays: { local?: string; stage?: string } = {},
  request: {
    service?: string;
    images?: string[];
    repository?: RepositoryRef;
    snapshot?: InfraSnapshot;
    to?: DeclaredEnvironment;
    /** What the target deploys, where it is not the branch. */
    revision?: { branch: string; head: string };
    rules?: FindingRule[];
  } = {},
) {
  const { local, stage } = overlays;
  const environments = demoEnvironments();
  const {
    service = 'demo',
    images,
    repository: deployed = repository,
    snapshot = demoSnapshot({
      ...(local !== undefined && { [LOCAL_OVERLAY]: local }),
      ...(stage !== undefined && { [STAGE_OVERLAY]: stage }),
    }),
    to = environments.stage,
    revision,
  } = request;
  const facts = (declared: DeclaredEnvironment) => ({
    repository: deployed,
    declared,
    snapshot,
    overlay: readOverlay(snapshot, declared.overlayPath),
  });
  const target = facts(to);
  return planPromotion({
    service,
    repository: deployed,
    images,
    rules: request.rules,
    from: facts(environments.local),
    to: { ...target, repository: { ...deployed, ...revision } },
  });
}

const pinning = (newTag: string, name = 'demo') =>
  overlayPinning({ name, newName: `localhost:5001/${name}`, newTag });

const codes = (findings: Finding[]) =>
  findings.map(({ code, severity }) => `${severity} ${code}`);

const STAGE = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: demo-stage
resources:
  - ../../base
images:
  - name: demo
    newName: localhost:5001/demo
    newTag: "1.4.1" # keep quoted: Kustomize wants a string
patches:
  - path: host.yaml
`;

describe('planPromotion', () => {
  it('is stopped by what rules of others find', () => {
    const rule: FindingRule = {
      code: 'not-on-fridays',
      check: () => [{ severity: 'error', what: 'No.', why: 'It.', fix: 'Is.' }],
    };
    const { plan: planned, edits } = plan(
      { local: pinning('"1.4.2"'), stage: STAGE },
      { rules: [rule] },
    );
    expect(edits).toEqual([]);
    expect(codes(planned.findings)).toContain('error not-on-fridays');
  });

  it('leaves an overlay executable that is', () => {
    const executable = (...paths: string[]) =>
      plan(
        {},
        { snapshot: { ...demoSnapshot(), executable: new Set(paths) } },
      ).edits.map(edit => edit.executable);
    expect(executable(STAGE_OVERLAY)).toEqual([true]);
    expect(executable(LOCAL_OVERLAY)).toEqual([undefined]);
  });

  it('plans the promotion of the demo service', () => {
    const { plan: planned, edits } = plan({
      local: pinning('"1.4.2"'),
      stage: STAGE,
    });

    expect(edits).toEqual([
      { path: STAGE_OVERLAY, text: STAGE.replace('1.4.1', '1.4.2') },
    ]);
    expect(planned).toEqual({
      service: 'demo',
      from: 'local',
      to: 'stage',
      repository,
      changes: [
        {
          name: 'demo',
          image: 'localhost:5001/demo',
          before: { tag: '1.4.1' },
          after: { tag: '1.4.2' },
          location: {
            path: STAGE_OVERLAY,
            line: 9,
            column: 13,
            url: `${repository.url}/blob/${repository.head}/${STAGE_OVERLAY}#L9`,
          },
        },
      ],
      skipped: [],
      files: [{ path: STAGE_OVERLAY, diff: expect.any(String) }],
      findings: [],
      title: 'promote(demo): local → stage, 1.4.1 → 1.4.2',
      body: [
        'Promotes **demo** from `local` to `stage`. Merging deploys it: Argo CD follows this branch.',
        '',
        '| Image | Runs as | Now | After |',
        '| --- | --- | --- | --- |',
        '| `demo` | `localhost:5001/demo` | `1.4.1` | `1.4.2` |',
      ].join('\n'),
    });
    expect(planned.files[0].diff).toBe(
      [
        '===================================================================',
        `--- a/${STAGE_OVERLAY}`,
        `+++ b/${STAGE_OVERLAY}`,
        '@@ -6,6 +6,6 @@',
        ' images:',
        '   - name: demo',
        '     newName: localhost:5001/demo',
        '-    newTag: "1.4.1" # keep quoted: Kustomize wants a string',
        '+    newTag: "1.4.2" # keep quoted: Kustomize wants a string',
        ' patches:',
        '   - path: host.yaml',
        '',
      ].join('\n'),
    );
  });

  it('is blocked where the target deploys another revision than the branch', () => {
    const { plan: planned, edits } = plan(
      { local: pinning('"1.4.2"'), stage: STAGE },
      { revision: { branch: 'v1', head: 'f'.repeat(40) } },
    );
    expect(codes(planned.findings)).toEqual(['error other-revision']);
    expect(edits).toEqual([]);
  });

  it('plans the tree of this very repository', () => {
    const { plan: planned, edits } = plan();
    expect(planned.findings).toEqual([]);
    expect(edits.map(({ path }) => path)).toEqual(
      planned.changes.length > 0 ? [STAGE_OVERLAY] : [],
    );
  });

  it('gives a diff that makes the one file into the other', () => {
    fc.assert(
      fc.property(generatedKustomization, ({ text, expected, edits }) => {
        const source = overlayPinning(
          ...edits.map(({ name, version }) => ({
            name,
            newTag: version.tag && `"${version.tag}"`,
            digest: version.digest,
          })),
        );
        const { plan: planned, edits: files } = plan({
          local: source,
          stage: text,
        });
        expect(codes(planned.findings)).not.toContain('error pin-not-editable');
        // Pins whose version is the wanted one already are not written again.
        const after = files[0]?.text ?? text;
        const { diff } = planned.files[0] ?? { diff: '' };
        expect(
          diff === ''
            ? text
            : applyPatch(text, diff, { autoConvertLineEndings: false }),
        ).toBe(after);
        expect(after.replace(/['"]/g, '')).toBe(expected.replace(/['"]/g, ''));
      }),
    );
  });

  it.each<[what: string, overlays: { local: string; stage: string }]>([
    [
      'the version is there already',
      { local: pinning('"1"'), stage: pinning("'1'") },
    ],
    [
      'the source has no pins',
      { local: 'kind: Kustomization\n', stage: STAGE },
    ],
    [
      'the target has no pins',
      { local: pinning('"1"'), stage: 'kind: Kustomization\n' },
    ],
    [
      'the one has a digest and the other a tag',
      {
        local: overlayPinning({ name: 'demo', digest: DIGEST }),
        stage: pinning('"1"'),
      },
    ],
  ])('changes nothing when %s', (_, overlays) => {
    const { plan: planned, edits } = plan(overlays);
    expect(edits).toEqual([]);
    expect(planned).toMatchObject({
      changes: [],
      files: [],
      findings: [],
      title: 'promote(demo): local → stage',
    });
    expect(planned.skipped).toHaveLength(1);
  });

  it('moves the chosen pins only, and names each where there are several', () => {
    const overlay = (version: string) =>
      overlayPinning(
        ...['api', 'jobs', 'web'].map(name => ({
          name,
          newTag: `"${version}"`,
        })),
      );
    const { plan: planned, edits } = plan(
      { local: overlay('2'), stage: overlay('1') },
      { images: ['jobs', 'web'] },
    );
    expect(planned.title).toBe(
      'promote(demo): local → stage, jobs 1 → 2, web 1 → 2',
    );
    expect(planned.skipped).toEqual([{ name: 'api', reason: 'not-chosen' }]);
    expect(edits[0].text).toBe(
      overlay('2').replace(
        'name: api\n    newTag: "2"',
        'name: api\n    newTag: "1"',
      ),
    );
  });

  it('changes nothing for a chosen image that is unknown', () => {
    const { plan: planned, edits } = plan(
      { local: pinning('"2"'), stage: pinning('"1"') },
      { images: ['nope'] },
    );
    expect(edits).toEqual([]);
    expect(planned.changes).toEqual([]);
    expect(planned.skipped).toEqual([{ name: 'demo', reason: 'not-chosen' }]);
  });

  it('moves digests, shortened in the title and whole in the body', () => {
    const overlay = (digest: string) =>
      overlayPinning({ name: 'demo', digest });
    const { plan: planned, edits } = plan({
      local: overlay(DIGEST),
      stage: overlay(OTHER),
    });
    expect(edits[0].text).toBe(overlay(`"${DIGEST}"`));
    expect(planned.title).toBe(
      `promote(demo): local → stage, sha256:bbbbbbbbbbbb → sha256:aaaaaaaaaaaa`,
    );
    expect(planned.body).toContain(`| \`${OTHER}\` | \`${DIGEST}\` |`);
  });

  const blocked: [
    what: string,
    overlays: object,
    found: string[],
    where: object,
  ][] = [
    [
      'the source is broken',
      { local: 'images: [\n', stage: STAGE },
      ['error comparison-error'],
      { path: LOCAL_OVERLAY, line: 2 },
    ],
    [
      'the target is broken',
      { local: pinning('"2"'), stage: 'images:\n  demo: 1\n' },
      ['error comparison-error'],
      { path: STAGE_OVERLAY, line: 2, column: 3 },
    ],
    [
      'both are',
      { local: '', stage: '' },
      ['error comparison-error', 'error comparison-error'],
      { path: LOCAL_OVERLAY },
    ],
    [
      'a tag of the source is no string',
      { local: pinning('1.10'), stage: STAGE },
      ['error tag-not-string'],
      { path: LOCAL_OVERLAY, line: 5, column: 13 },
    ],
    [
      'a tag of the target is no string',
      { local: pinning('"2"'), stage: pinning('1e3') },
      ['error tag-not-string'],
      { path: STAGE_OVERLAY, line: 5, column: 13 },
    ],
    [
      'the source has a tag that is none',
      { local: pinning('"not a tag"'), stage: STAGE },
      ['error pin-not-editable'],
      { path: LOCAL_OVERLAY, line: 5, column: 13 },
    ],
    [
      'the source has a digest that is none',
      {
        local: overlayPinning({ name: 'demo', digest: 'latest' }),
        stage: overlayPinning({ name: 'demo', digest: DIGEST }),
      },
      ['error pin-not-editable'],
      { path: LOCAL_OVERLAY, line: 4 },
    ],
    [
      'the target has the pin twice',
      {
        local: pinning('"2"'),
        stage: overlayPinning(
          { name: 'demo', newTag: '"1"' },
          { name: 'demo', newTag: '"1"' },
        ),
      },
      [
        'warning image-name-differs',
        'warning image-name-differs',
        'error pin-not-editable',
      ],
      { path: STAGE_OVERLAY },
    ],
    [
      'the target shares its version with something else',
      {
        local: overlayPinning({ name: 'demo', newTag: '"2"' }),
        stage: `${overlayPinning({
          name: 'demo',
          newTag: '&v "1"',
        })}commonLabels: {v: *v}\n`,
      },
      ['error pin-not-editable'],
      { path: STAGE_OVERLAY },
    ],
  ];
  it.each(blocked)('is blocked when %s', (_, overlays, found, where) => {
    const { plan: planned, edits } = plan(overlays);
    expect(codes(planned.findings)).toEqual(found);
    const at = planned.findings.map(finding => finding.where);
    expect(at).toContainEqual(expect.objectContaining(where));
    expect(edits).toEqual([]);
    expect(planned.files).toEqual([]);
  });

  it('is blocked when an overlay is not there', () => {
    const snapshot = demoSnapshot();
    const files = new Map(snapshot.files);
    files.delete(LOCAL_OVERLAY);
    const { plan: planned, edits } = plan(
      {},
      { snapshot: { ...snapshot, files } },
    );
    expect(planned.findings).toMatchObject([
      {
        code: 'comparison-error',
        why: 'there is no kustomization.yaml in apps/demo/overlays/local',
        where: { path: LOCAL_OVERLAY },
      },
    ]);
    expect(edits).toEqual([]);
  });

  it('is blocked when the Application deploys from another repository', () => {
    const { stage } = demoEnvironments();
    const { plan: planned, edits } = plan(
      { local: pinning('"2"'), stage: pinning('"1"') },
      { to: { ...stage, repoURL: 'https://github.com/demo/other' } },
    );
    expect(codes(planned.findings)).toEqual(['error source-not-infra']);
    expect(edits).toEqual([]);
  });

  it('warns when the overlays name the image differently, and plans all the same', () => {
    const { plan: planned, edits } = plan({
      local: overlayPinning({
        name: 'demo',
        newName: 'dev.example.com/demo',
        newTag: '"2"',
      }),
      stage: overlayPinning({
        name: 'demo',
        newName: 'example.com/demo',
        newTag: '"1"',
      }),
    });
    expect(planned.findings).toEqual([
      {
        code: 'image-name-differs',
        severity: 'warning',
        what: 'demo is dev.example.com/demo in local and example.com/demo in stage.',
        why: expect.any(String),
        fix: 'Make sure that example.com/demo has 2 before merging.',
        where: expect.objectContaining({ path: STAGE_OVERLAY, line: 5 }),
      },
    ]);
    expect(edits[0].text).toContain(
      'newName: example.com/demo\n    newTag: "2"',
    );
  });

  it('warns of a tag that is null', () => {
    const { plan: planned, edits } = plan({
      local: pinning('"2"'),
      stage: overlayPinning(
        { name: 'demo', newName: 'localhost:5001/demo', newTag: '"1"' },
        { name: 'other', newTag: '~' },
      ),
    });
    expect(codes(planned.findings)).toEqual(['warning tag-not-string']);
    expect(edits).toHaveLength(1);
  });

  it('keeps CRLF and a byte order mark', () => {
    const stage = `\ufeff${STAGE.replace(/\n/g, '\r\n')}`;
    expect(plan({ local: pinning('"1.4.2"'), stage }).edits).toEqual([
      { path: STAGE_OVERLAY, text: stage.replace('1.4.1', '1.4.2') },
    ]);
  });
});

describe('planPromotion of what a person names', () => {
  const COMMIT = 'c'.repeat(40);

  function named(
    stage: string,
    request: {
      version?: string;
      then?: string;
      undoes?: PromotionRef[];
      merged?: MergedChange[];
      images?: string[];
      buildError?: string;
      base?: string;
    },
  ) {
    const snapshot = demoSnapshot({
      [STAGE_OVERLAY]: stage,
      ...(request.base && {
        'apps/demo/base/kustomization.yaml': request.base,
      }),
    });
    const declared = demoEnvironments().stage;
    const then = request.then && readKustomization(request.then);
    return planPromotion({
      service: 'demo',
      repository,
      version: request.version,
      rollbackTo:
        then && then.ok
          ? {
              commit: COMMIT,
              pins: then.kustomization.images,
              undoes: request.undoes ?? [],
            }
          : undefined,
      merged: request.merged,
      images: request.images,
      to: {
        repository,
        declared,
        overlay: readOverlay(snapshot, declared.overlayPath),
        bases: readBases(snapshot, declared.overlayPath),
        buildError: request.buildError,
      },
    });
  }

  it('writes a version into the chosen pin, with no source', () => {
    const stage = overlayPinning(
      { name: 'web', newTag: '"1"' },
      { name: 'jobs', newTag: '"1"' },
    );
    const { plan: planned, edits } = named(stage, {
      version: '2',
      images: ['web'],
    });
    expect(planned).toMatchObject({
      version: '2',
      title: 'deploy(demo): stage, 1 → 2',
      changes: [{ name: 'web', before: { tag: '1' }, after: { tag: '2' } }],
      skipped: [{ name: 'jobs', reason: 'not-chosen' }],
    });
    expect(planned.from).toBeUndefined();
    expect(edits[0].text).toBe(
      overlayPinning(
        { name: 'web', newTag: '"2"' },
        { name: 'jobs', newTag: '"1"' },
      ),
    );
  });

  it.each([
    ['a digest onto a tag', pinning('"1"'), DIGEST],
    [
      'a tag onto a digest',
      overlayPinning({ name: 'demo', digest: DIGEST }),
      '1',
    ],
    [
      'a tag alone where there is a digest too',
      overlayPinning({ name: 'demo', newTag: '"1"', digest: DIGEST }),
      '2',
    ],
  ])('leaves %s alone', (_, stage, version) => {
    expect(named(stage, { version }).plan).toMatchObject({
      changes: [],
      skipped: [{ name: 'demo', reason: 'tag-against-digest' }],
    });
  });

  it.each([['1.10'], ['0123'], ['yes'], ['1e3']])(
    'quotes %s where that is all that it changes',
    written => {
      const { plan: planned, edits } = named(pinning(written), {
        version: written,
        buildError: 'cannot unmarshal number',
      });
      expect(planned.title).toBe(`deploy(demo): stage, quote ${written}`);
      expect(planned.findings).toEqual([]);
      expect(edits).toEqual([
        { path: STAGE_OVERLAY, text: pinning(`"${written}"`) },
      ]);
    },
  );

  it('is blocked by an unquoted tag that it does not mend', () => {
    const stage = overlayPinning(
      { name: 'web', newTag: '1.10' },
      { name: 'jobs', newTag: '1.20' },
    );
    const { plan: planned, edits } = named(stage, {
      version: '1.10',
      images: ['web'],
    });
    expect(planned.findings).toMatchObject([
      { code: 'tag-not-string', what: expect.stringContaining('jobs') },
    ]);
    expect(edits).toEqual([]);
  });

  it('restores the versions of an earlier state, and nothing else of it', () => {
    const stage = overlayPinning(
      { name: 'web', newTag: '"2"' },
      { name: 'new', newTag: '"1"' },
    );
    const { plan: planned, edits } = named(stage, {
      then: overlayPinning(
        { name: 'web', newTag: '1.10' },
        { name: 'gone', newTag: '"1"' },
      ),
      undoes: [{ id: '1', title: 'promote(demo): local → stage, 1.10 → 2' }],
    });
    expect(planned).toMatchObject({
      rollbackTo: COMMIT,
      title: 'rollback(demo): stage, 2 → 1.10',
      changes: [{ name: 'web', before: { tag: '2' }, after: { tag: '1.10' } }],
      skipped: [
        { name: 'new', reason: 'only-in-target' },
        { name: 'gone', reason: 'only-in-source' },
      ],
      undoes: [{ id: '1' }],
      findings: [],
    });
    expect(edits[0].text).toBe(stage.replace('"2"', '"1.10"'));
  });

  it('takes back the promotions of the chosen pins, and of no other', () => {
    const moved = (id: string, name: string): MergedChange => ({
      id,
      title: `promote ${name}`,
      changes: [
        {
          name,
          image: name,
          before: { tag: '1' },
          after: { tag: '2' },
          location: { path: STAGE_OVERLAY },
        },
      ],
    });
    const pins = (tag: string) =>
      overlayPinning(
        { name: 'web', newTag: tag },
        { name: 'jobs', newTag: tag },
      );
    const merged = [moved('3', 'jobs'), moved('2', 'web')];
    const undoes = ['3', '2', 'unknown'].map(id => ({ id, title: id }));
    const undone = (images?: string[]) =>
      named(pins('"2"'), {
        then: pins('"1"'),
        merged,
        undoes,
        images,
      }).plan.undoes?.map(({ id }) => id);
    expect(undone()).toEqual(['3', '2', 'unknown']);
    expect(undone(['web'])).toEqual(['2', 'unknown']);
  });

  it('does not restore a version that could not be written', () => {
    const { plan: planned, edits } = named(pinning('"2"'), {
      then: pinning('"not a tag"'),
    });
    expect(planned.findings).toMatchObject([
      {
        code: 'pin-not-editable',
        why: 'stage at ccccccc pins demo at not a tag, which is no valid tag or digest',
      },
    ]);
    expect(edits).toEqual([]);
  });

  it('warns where the image was another one then', () => {
    const { plan: planned } = named(pinning('"2"'), {
      then: overlayPinning({ name: 'demo', newName: 'other', newTag: '"1"' }),
    });
    expect(planned.findings).toMatchObject([
      {
        code: 'image-name-differs',
        what: 'demo is other in stage at ccccccc and localhost:5001/demo in stage.',
      },
    ]);
  });
});

describe('planPromotion of what was planned before', () => {
  const UNDOES = [{ id: '1', title: 'promote(demo): local → stage, 2 → 3' }];

  /** Plans 1 → 2 from local, and that again on another overlay. */
  function again(
    stage: string,
    before: { from?: string; version?: string; undoes?: PromotionRef[] } = {
      from: 'local',
    },
  ) {
    const first = plan({ local: pinning('"2"'), stage: pinning('"1"') });
    const declared = demoEnvironments().stage;
    const snapshot = demoSnapshot({ [STAGE_OVERLAY]: stage });
    return planPromotion({
      service: 'demo',
      repository,
      again: { ...before, changes: first.plan.changes },
      to: {
        repository,
        declared,
        overlay: readOverlay(snapshot, declared.overlayPath),
      },
    });
  }

  it('writes the same versions into the overlay as it is now', () => {
    const { plan: planned, edits } = again(`# new\n${pinning('"0"')}`);
    expect(planned).toMatchObject({
      from: 'local',
      title: 'promote(demo): local → stage, 0 → 2',
      changes: [{ before: { tag: '0' }, after: { tag: '2' } }],
      findings: [],
    });
    expect(edits).toEqual([
      { path: STAGE_OVERLAY, text: `# new\n${pinning('"2"')}` },
    ]);
  });

  it('keeps what it takes back', () => {
    const { plan: planned } = again(pinning('"0"'), {
      version: '2',
      undoes: UNDOES,
    });
    expect(planned).toMatchObject({ version: '2', undoes: UNDOES });
    expect(planned.from).toBeUndefined();
  });

  it.each([
    ['the overlay has them already', pinning('"2"'), []],
    ['the image is pinned no more', 'resources: [../../base]\n', []],
    [
      'the overlay cannot be read',
      'images: [',
      [{ code: 'comparison-error', severity: 'error' }],
    ],
  ])('changes nothing where %s', (_, stage, findings) => {
    const { plan: planned, edits } = again(stage);
    expect(edits).toEqual([]);
    expect(planned.findings).toMatchObject(findings);
  });

  it('mends a tag that is no string only where a person named the version', () => {
    const stage = pinning('1.10');
    expect(again(stage).edits).toEqual([]);
    expect(again(stage, { version: '2' }).edits).toHaveLength(1);
  });
});
