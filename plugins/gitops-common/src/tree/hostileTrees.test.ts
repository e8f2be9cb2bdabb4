import fc from 'fast-check';
import {
  assertInside,
  FUZZ_RUNS,
  hostileJson,
  hostileSnapshot,
  hostileText,
} from '../__testUtils__/hostile';
import { repository } from '../__testUtils__/tree';
import { parseApplication } from '../argocd/ApplicationStatus';
import { describeViews } from '../environments/environments';
import { FINDING_CODES } from '../findings/findings';
import { hostsOfManifests } from '../findings/hosts';
import { readTree, treeFindings } from '../findings/treeFindings';
import { promotionBranch } from '../promotion/branches';
import { planPromotion } from '../promotion/plan';
import { readApplications } from './applications';
import { editPins, PinEditError } from './editPins';
import { readKustomization } from './kustomization';
import { overlayInputs } from './overlayInputs';
import { yamlDocuments } from './yamlDocuments';

// What ends in a plain test within seconds; the fuzzing of minutes gets hours.
const TIMEOUT_MS = FUZZ_RUNS * 1_000;

const OBJECT_KEYS = Reflect.ownKeys(Object.prototype).sort();

function forAll<T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => void) {
  fc.assert(fc.property(arbitrary, check), { numRuns: FUZZ_RUNS });
  // Nothing that was read has become a property of every object.
  expect(Reflect.ownKeys(Object.prototype).sort()).toEqual(OBJECT_KEYS);
}

/** The problems of a text's documents; what has none can be expanded. */
function problemsOf(text: string): string[] {
  return [...yamlDocuments(text)].flatMap(read => {
    if (!read.problem && 'document' in read) {
      read.document.toJS({ maxAliasCount: -1 });
    }
    return read.problem?.message ?? [];
  });
}

/** The tags of a pin after an edit; undefined where the edit was refused. */
function editedTags(text: string, name: string, tag: string) {
  let edited: string;
  try {
    edited = editPins(text, [{ name, version: { tag } }]);
  } catch (error) {
    if (error instanceof PinEditError) {
      return undefined;
    }
    throw error;
  }
  const reading = readKustomization(edited);
  return (reading.ok ? reading.kustomization.images : [])
    .filter(pin => pin.name === name)
    .map(pin => pin.version.tag);
}

describe('whatever a repository holds', () => {
  it(
    'yamlDocuments gives documents, or problems',
    () =>
      forAll(hostileText, text => {
        expect(problemsOf(text)).not.toContain('');
      }),
    TIMEOUT_MS,
  );

  it(
    'readKustomization gives pins with a place in the file, or a problem',
    () =>
      forAll(hostileText, text => {
        const lines = text.split(/\r\n|[\r\n]/).length;
        const reading = readKustomization(text);
        const positions = reading.ok
          ? reading.kustomization.images.map(({ position }) => position)
          : [reading.problem.position ?? { line: 1, column: 1 }];
        for (const { line, column } of positions) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines);
          expect(column).toBeGreaterThanOrEqual(1);
        }
      }),
    TIMEOUT_MS,
  );

  it(
    'editPins changes what it should, or says why it does not',
    () =>
      forAll(
        fc.tuple(hostileText, fc.constantFrom('demo', '__proto__', 'toString')),
        ([text, name]) => {
          const tags = editedTags(text, name, '9.9.9');
          expect(tags ?? ['9.9.9']).toEqual(['9.9.9']);
        },
      ),
    TIMEOUT_MS,
  );

  it(
    'readApplications and overlayInputs stay inside of the tree',
    () =>
      forAll(hostileSnapshot, snapshot => {
        const applications = readApplications(snapshot);
        for (const { service, environment, overlayPath } of applications) {
          expect(`${service}/${environment}`).toMatch(/^[\w.-]+\/[\w.-]+$/);
          overlayInputs(snapshot, overlayPath).forEach(assertInside);
        }
        overlayInputs(snapshot, 'apps/demo/overlays/stage').forEach(
          assertInside,
        );
      }),
    TIMEOUT_MS,
  );

  it(
    'all rules give findings about places inside of the tree',
    () =>
      forAll(fc.tuple(hostileSnapshot, hostileJson), ([snapshot, json]) => {
        const status = parseApplication('main', {
          metadata: { name: 'demo-stage', namespace: 'argocd' },
          spec: json,
          status: json,
        });
        const hosts = { known: hostsOfManifests([json]) };
        const findings = treeFindings(readTree(snapshot), repository, () => ({
          status,
          hosts,
        }));
        for (const { code, where } of findings) {
          expect(FINDING_CODES).toContain(code);
          assertInside(where?.path ?? '');
        }
        expect(() => JSON.stringify(findings)).not.toThrow();
      }),
    TIMEOUT_MS,
  );

  it(
    'views and plans are made of it',
    () =>
      forAll(hostileSnapshot, snapshot => {
        const { environments } = readTree(snapshot);
        const parts = environments.map(environment => ({
          ...environment,
          repository,
          snapshot,
          application: {},
        }));
        describeViews({ repository, environments: parts });
        const [from, to] = parts;
        if (from && to) {
          planPromotion({ service: 'demo', repository, from, to });
        }
        for (const { declared } of environments) {
          expect(
            promotionBranch('6f2c7a3e', 'demo', declared.environment),
          ).toMatch(/^gitops\/promote\/demo\/[\w./-]+$/);
        }
      }),
    TIMEOUT_MS,
  );
});

describe('a Kustomization with a thousand faults', () => {
  it('has a hundred findings, as a person reads no more', () => {
    const text = (entry: (index: number) => string) =>
      Array.from({ length: 1_000 }, (_, index) => entry(index)).join('');
    const path = 'apps/demo/overlays/stage/kustomization.yaml';
    const found = (content: string) =>
      treeFindings(
        readTree({
          commit: 'c',
          files: new Map([[path, content]]),
          unread: new Map(),
        }),
        repository,
      );
    expect(
      found(`images:\n${text(index => `- {name: a${index}, newTag: 1}\n`)}`),
    ).toHaveLength(100);
    expect(
      found(`resources:\n${text(index => `- gone-${index}.yaml\n`)}`),
    ).toHaveLength(100);
  });
});
