import { demoSnapshot, snapshotOf } from '../__testUtils__/tree';
import { findKustomization } from './InfraSnapshot';
import { readOverlay } from './overlay';

const FOLDER = 'apps/demo/overlays/stage';

describe('findKustomization', () => {
  it.each([
    [
      ['kustomization.yaml', 'kustomization.yml', 'Kustomization'],
      'kustomization.yaml',
    ],
    [['Kustomization', 'kustomization.yml'], 'kustomization.yml'],
    [['Kustomization'], 'Kustomization'],
    [['kustomisation.yaml', 'sub/kustomization.yaml'], undefined],
  ])('of %j finds %s', (names, found) => {
    const files = Object.fromEntries(
      names.map(name => [`${FOLDER}/${name}`, name]),
    );
    expect(findKustomization(snapshotOf(files), FOLDER)).toEqual(
      found && { path: `${FOLDER}/${found}`, text: found },
    );
  });
});

describe('readOverlay', () => {
  it('reads the pins of this repository with file and line', () => {
    expect(readOverlay(demoSnapshot(), FOLDER)).toMatchObject({
      path: `${FOLDER}/kustomization.yaml`,
      text: expect.stringContaining('namespace: demo-stage'),
      pins: [
        {
          name: 'demo',
          image: 'localhost:5001/demo',
          version: { tag: expect.stringMatching(/^\d+\.\d+\.\d+$/) },
          position: { line: 9, column: 13 },
          notStrings: [],
        },
      ],
    });
  });

  it.each<[what: string, text: string, problem: object]>([
    ['an empty file', '', { message: expect.stringContaining('empty') }],
    [
      'a malformed file',
      'images: [\n',
      { message: expect.any(String), position: { line: 2, column: 1 } },
    ],
  ])('makes a problem of %s and keeps the text', (_, text, problem) => {
    const path = `${FOLDER}/kustomization.yaml`;
    expect(readOverlay(demoSnapshot({ [path]: text }), FOLDER)).toEqual({
      path,
      text,
      pins: [],
      problem,
    });
  });

  it('says where a Kustomization is missing', () => {
    expect(readOverlay(snapshotOf({}), 'apps/demo/nope')).toEqual({
      path: 'apps/demo/nope/kustomization.yaml',
      pins: [],
      problem: { message: 'there is no kustomization.yaml in apps/demo/nope' },
    });
  });

  it.each<[what: string, unread: Record<string, string>, message: string]>([
    [
      'a Kustomization that is a link',
      { [`${FOLDER}/kustomization.yaml`]: 'is a symbolic link' },
      `${FOLDER}/kustomization.yaml is a symbolic link, which is not read`,
    ],
    [
      'a large Kustomization of another name',
      { [`${FOLDER}/kustomization.yml`]: 'is larger than 512 KiB' },
      `${FOLDER}/kustomization.yml is larger than 512 KiB, which is not read`,
    ],
    [
      'an overlay that is a submodule',
      { [FOLDER]: 'is a submodule' },
      `${FOLDER} is a submodule, which is not read`,
    ],
    [
      'a folder above the overlay that is a link',
      { apps: 'is a symbolic link' },
      'apps is a symbolic link, which is not read',
    ],
    [
      'something unread elsewhere',
      { [`${FOLDER}-2`]: 'is a submodule', 'apps/other': 'is a submodule' },
      `there is no kustomization.yaml in ${FOLDER}`,
    ],
  ])('names %s', (_, unread, message) => {
    expect(readOverlay(snapshotOf({}, unread), FOLDER).problem).toEqual({
      message,
    });
  });

  it('takes no other name in place of a Kustomization that is not read', () => {
    const snapshot = snapshotOf(
      { [`${FOLDER}/Kustomization`]: 'namespace: other' },
      { [`${FOLDER}/kustomization.yaml`]: 'is no UTF-8 text' },
    );
    expect(readOverlay(snapshot, FOLDER)).toEqual({
      path: `${FOLDER}/kustomization.yaml`,
      pins: [],
      problem: {
        message: `${FOLDER}/kustomization.yaml is no UTF-8 text, which is not read`,
      },
    });
  });
});
