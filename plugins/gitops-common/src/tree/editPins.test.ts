import fc from 'fast-check';
import { generatedKustomization } from '../__testUtils__/generatedKustomization';
import { kustomizeBuild, podRunning } from '../__testUtils__/kustomize';
import { editPins, PinEditError } from './editPins';
import { readKustomization } from './kustomization';

const DIGEST = `sha256:${'0'.repeat(64)}`;
const OTHER_DIGEST = `sha256:${'f'.repeat(64)}`;

const toTag = (tag: string, name = 'demo') => [{ name, version: { tag } }];

describe('editPins, on whatever people write', () => {
  it('changes the bytes of the planned scalars and no other', () => {
    fc.assert(
      fc.property(generatedKustomization, ({ text, edits, expected }) => {
        expect(editPins(text, edits)).toBe(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(generatedKustomization, ({ text, edits }) => {
        const once = editPins(text, edits);
        expect(editPins(once, edits)).toBe(once);
      }),
    );
  });

  it('writes versions that are read as strings', () => {
    fc.assert(
      fc.property(generatedKustomization, ({ text, edits }) => {
        const reading = readKustomization(editPins(text, edits));
        const pins = reading.ok ? reading.kustomization.images : [];
        for (const { name, version } of edits) {
          expect(pins.find(pin => pin.name === name)).toMatchObject({
            version,
            notStrings: [],
          });
        }
      }),
    );
  });

  it('moves the images that the real kustomize builds', () => {
    const imagesOf = (text: string, names: string[]) =>
      kustomizeBuild({
        'kustomization.yaml': text,
        'pod.yaml': podRunning(names),
      });

    fc.assert(
      fc.property(
        generatedKustomization,
        ({ text, edits, names, before, after }) => {
          expect(imagesOf(text, names)).toMatchObject({
            ok: true,
            images: before,
          });
          expect(imagesOf(editPins(text, edits), names)).toMatchObject({
            ok: true,
            images: after,
          });
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('editPins', () => {
  it.each<[what: string, before: string, after: string]>([
    [
      'a plain tag',
      'images:\n- name: demo\n  newTag: 1.4.1\n',
      'images:\n- name: demo\n  newTag: "1.5.0"\n',
    ],
    [
      'a tag that is no string',
      'images:\n- name: demo\n  newTag: 1.10 # oh\n',
      'images:\n- name: demo\n  newTag: "1.5.0" # oh\n',
    ],
    [
      'a tag of two lines',
      'images:\n- name: demo\n  newTag: 1.4\n    beta\n',
      'images:\n- name: demo\n  newTag: "1.5.0"\n',
    ],
    [
      'a tag without a value',
      'images:\n- name: demo\n  newTag:\n- name: other\n',
      'images:\n- name: demo\n  newTag: "1.5.0"\n- name: other\n',
    ],
    [
      'a tag without a value, before a comment',
      'images:\n- name: demo\n  newTag:   # later\n  newName: x\n',
      'images:\n- name: demo\n  newTag:   "1.5.0" # later\n  newName: x\n',
    ],
    [
      'a tag without a value at the end of the file',
      'images:\n- name: demo\n  newTag:',
      'images:\n- name: demo\n  newTag: "1.5.0"',
    ],
    [
      'a tag without a value in a flow',
      'images: [{name: demo, newTag: }]\n',
      'images: [{name: demo, newTag: "1.5.0"}]\n',
    ],
    [
      'an anchor without a value',
      'images:\n- name: demo\n  newTag: &t\n',
      'images:\n- name: demo\n  newTag: &t "1.5.0"\n',
    ],
    [
      'null',
      'images:\n- name: demo\n  newTag: ~\n',
      'images:\n- name: demo\n  newTag: "1.5.0"\n',
    ],
    [
      'an alias, whose anchor stays as it is',
      'images:\n- {name: other, newTag: &v 1.4.1}\n- {name: demo, newTag: *v}\n',
      'images:\n- {name: other, newTag: &v 1.4.1}\n- {name: demo, newTag: "1.5.0"}\n',
    ],
    [
      'an anchor that nobody uses',
      'images: [{name: demo, newTag: &v 1.4.1}]\n',
      'images: [{name: demo, newTag: &v "1.5.0"}]\n',
    ],
    [
      'a string by its YAML tag',
      'images: [{name: demo, newTag: !!str 1.10}]\n',
      'images: [{name: demo, newTag: !!str "1.5.0"}]\n',
    ],
    [
      'JSON',
      '{"images":[{"name":"demo","newTag":"1.4.1"}]}',
      '{"images":[{"name":"demo","newTag":"1.5.0"}]}',
    ],
    [
      'a key on a line of its own',
      'images:\n- ? newTag\n  : 1.4.1\n  ? name\n  : demo\n',
      'images:\n- ? newTag\n  : "1.5.0"\n  ? name\n  : demo\n',
    ],
    [
      'a literal block with blank lines after it',
      'images:\n- newTag: |-\n    1.4.1\n\n\n  name: demo\n',
      'images:\n- newTag: "1.5.0"\n\n\n  name: demo\n',
    ],
    [
      'a block at the end of the file',
      'images:\n- name: demo\n  newTag: >-\n    1.4.1',
      'images:\n- name: demo\n  newTag: "1.5.0"',
    ],
    [
      'a block with blank lines of every kind after it',
      'images:\r\n- newTag: |-\r\n    1.4.1 \r\n \r\n\r\n  name: demo\r\n',
      'images:\r\n- newTag: "1.5.0"\r\n \r\n\r\n  name: demo\r\n',
    ],
    [
      'a block with more blank lines after it than anybody writes',
      `images:\n- newTag: |-\n    1.4.1\n${'\n'.repeat(250_000)}  name: demo\n`,
      `images:\n- newTag: "1.5.0"\n${'\n'.repeat(250_000)}  name: demo\n`,
    ],
    [
      'a block with a comment at its indicator',
      'images:\n- name: demo\n  newTag: >2-  # why\n      1.4.1\n',
      'images:\n- name: demo\n  newTag: "1.5.0"  # why\n',
    ],
    [
      'the field that counts of two',
      'images: [{name: demo, newTag: 1.0.0, newTag: 1.4.1}]\n',
      'images: [{name: demo, newTag: 1.0.0, newTag: "1.5.0"}]\n',
    ],
    [
      'the first of two documents',
      'images: [{name: demo, newTag: 1.4.1}]\n---\nimages: [{name: demo, newTag: 1.4.1}]\n',
      'images: [{name: demo, newTag: "1.5.0"}]\n---\nimages: [{name: demo, newTag: 1.4.1}]\n',
    ],
    [
      'a pin whose new name another pin has as its name',
      'images: [{name: x, newName: demo, newTag: 1.0.0}, {name: demo, newTag: 1.4.1}]\n',
      'images: [{name: x, newName: demo, newTag: 1.0.0}, {name: demo, newTag: "1.5.0"}]\n',
    ],
  ])('writes into %s', (_, before, after) => {
    expect(editPins(before, toTag('1.5.0'))).toBe(after);
  });

  it('writes the fields that are given and leaves the other', () => {
    const text = `images: [{name: demo, newTag: 1.4.1, digest: "${DIGEST}"}]\n`;
    expect(editPins(text, toTag('1.5.0'))).toBe(
      text.replace('1.4.1', '"1.5.0"'),
    );
    expect(
      editPins(text, [{ name: 'demo', version: { digest: OTHER_DIGEST } }]),
    ).toBe(text.replace(DIGEST, OTHER_DIGEST));
    expect(
      editPins(text, [
        { name: 'demo', version: { tag: undefined, digest: OTHER_DIGEST } },
      ]),
    ).toBe(text.replace(DIGEST, OTHER_DIGEST));
  });

  it('moves pins together that share their version by an anchor', () => {
    expect(
      editPins(
        'images:\n- {name: demo, newTag: &v 1.4.1}\n- {name: other, newTag: *v}\n',
        [...toTag('1.5.0'), ...toTag('1.5.0', 'other')],
      ),
    ).toBe(
      'images:\n- {name: demo, newTag: &v "1.5.0"}\n- {name: other, newTag: "1.5.0"}\n',
    );
  });

  it('gives the text back when no pin is to be changed', () => {
    expect(editPins('images: [{name: demo}]', [])).toBe(
      'images: [{name: demo}]',
    );
  });

  const SHARED = /another part of the file too/;
  it.each<[what: string, text: string, tag: string, message: RegExp]>([
    ['the pin is missing', 'images: []\n', '1.5.0', /has no pin demo/],
    [
      'there are no images',
      'kind: Kustomization\n',
      '1.5.0',
      /has no pin demo/,
    ],
    [
      'the pin is found by its new name only',
      'images: [{name: x, newName: demo, newTag: "1"}]\n',
      '1.5.0',
      /has no pin demo/,
    ],
    [
      'the pin is there twice',
      'images:\n- {name: demo, newTag: "1"}\n- {name: demo, newTag: "2"}\n',
      '1.5.0',
      /The pin demo is there 2 times \(lines 2, 3\)/,
    ],
    [
      'the pin is an alias of something elsewhere',
      'x: &a {name: demo, newTag: "1"}\nimages: [*a]\n',
      '1.5.0',
      /has no pin demo of its own/,
    ],
    [
      'the pin has no tag',
      'images: [{name: demo}]\n',
      '1.5.0',
      /demo has no newTag of its own/,
    ],
    [
      'the pin has a key without a colon',
      'images: [{name: demo, newTag}]\n',
      '1.5.0',
      /demo has no newTag of its own/,
    ],
    [
      'the tag is merged in',
      'images:\n- &a {name: other, newTag: "1"}\n- {<<: *a, name: demo}\n',
      '1.5.0',
      /demo has no newTag of its own/,
    ],
    [
      'a later merge key overrules the tag',
      'images:\n- &a {newTag: "1"}\n- {name: demo, newTag: "2", <<: *a}\n',
      '1.5.0',
      SHARED,
    ],
    [
      'another pin shares the tag by an alias',
      'images:\n- {name: demo, newTag: &v "1"}\n- {name: other, newTag: *v}\n',
      '1.5.0',
      SHARED,
    ],
    [
      'another pin merges the entry in',
      'images:\n- &a {name: demo, newTag: "1"}\n- {<<: *a, name: other}\n',
      '1.5.0',
      SHARED,
    ],
    [
      'another field shares the tag by an alias',
      'images: [{name: demo, newTag: &v "1"}]\ncommonLabels: {version: *v}\n',
      '1.5.0',
      SHARED,
    ],
    [
      'another field shares the entry by an alias',
      'images: [&e {name: demo, newTag: "1"}]\nx: [*e]\n',
      '1.5.0',
      SHARED,
    ],
    [
      'a YAML tag makes it a number whatever it is',
      'images: [{name: demo, newTag: !!float 1.5}]\n',
      '1.6',
      SHARED,
    ],
    ['the file cannot be read', 'images: [\n', '1.5.0', /cannot be read/],
    [
      'the tag is no tag',
      'images: [{name: demo, newTag: "1"}]\n',
      'a b',
      /a b is no valid tag/,
    ],
    [
      'the tag would end its quotes',
      'images:\n- name: demo\n  newTag: "1"\n',
      '1"\n  newName: "evil',
      /is no valid tag/,
    ],
    [
      'the tag is empty',
      'images: [{name: demo, newTag: "1"}]\n',
      '',
      /is no valid tag/,
    ],
  ])('says by name that %s', (_, text, tag, message) => {
    const edit = () => editPins(text, toTag(tag));
    expect(edit).toThrow(PinEditError);
    expect(edit).toThrow(message);
  });

  it('moves pins apart that shared their version by an anchor', () => {
    // Each has its own scalar once they are written, so this is well defined.
    expect(
      editPins(
        'images:\n- {name: demo, newTag: &v "1"}\n- {name: other, newTag: *v}\n',
        [...toTag('2'), ...toTag('3', 'other')],
      ),
    ).toBe(
      'images:\n- {name: demo, newTag: &v "2"}\n- {name: other, newTag: "3"}\n',
    );
  });
});
