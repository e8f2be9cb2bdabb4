import {
  environmentFacts,
  pinning,
  recorded,
  shown,
  stageFacts,
} from '../../__testUtils__/facts';
import { demoSnapshot, STAGE_OVERLAY } from '../../__testUtils__/tree';
import { tagNotString } from './tagNotString';

const { check } = tagNotString;

describe('tag-not-string', () => {
  it.each([
    ['1.10', 'number to YAML: 1.1'],
    ['1e3', 'number to YAML: 1000'],
    // An octal, as Kustomize reads YAML 1.1.
    ['0123', 'number to YAML: 83'],
    ['0o17', 'number to YAML: 15'],
    ['15', 'number to YAML'],
    ['yes', 'boolean to YAML: true'],
  ])('says that an unquoted %s is a %s, and where', (written, read) => {
    const status = recorded('c2-tag-not-string');
    expect(check(stageFacts(pinning(written), status))).toEqual([
      {
        severity: 'error',
        what: 'newTag of demo is not a string, so the overlay does not build and Argo CD keeps the old version.',
        why: `Unquoted, ${written} is a ${read}.`,
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
  ])('warns of %s, which Kustomize drops', (written, named) => {
    expect(check(stageFacts(pinning(written)))).toEqual([
      {
        severity: 'warning',
        what: 'newTag of demo is null, so Kustomize leaves it out.',
        why: `Unquoted, ${named} is a null to YAML.`,
        fix: 'Write the newTag in quotes, or remove the line.',
        where: expect.objectContaining({ path: STAGE_OVERLAY, line: 5 }),
      },
    ]);
  });

  it('does not blame quotes where a YAML tag is at fault', () => {
    expect(check(stageFacts(pinning('!!float "1.5x"')))).toMatchObject([
      { why: 'Its YAML tag makes 1.5x something else than a string.' },
    ]);
  });

  it("does not take the repo server's absence for evidence", () => {
    const [finding] = check(
      stageFacts(pinning('1.10'), recorded('g-repo-server-down')),
    );
    expect(finding).toMatchObject({
      evidence: undefined,
    });
  });

  it('looks at what the overlay is built on, too', () => {
    const base = 'apps/demo/base/kustomization.yaml';
    const facts = environmentFacts(
      'stage',
      demoSnapshot({ [base]: 'images:\n  - name: demo\n    newTag: 1.10\n' }),
    );
    expect(check(facts).map(shown)).toEqual([
      `${base}:3:13 error newTag of demo is not a string, so the overlay does not build and Argo CD keeps the old version.`,
    ]);
  });
});
