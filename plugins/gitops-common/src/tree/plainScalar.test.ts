import fc from 'fast-check';
import { kustomizeBuild, podRunning } from '../__testUtils__/kustomize';
import {
  PlainScalarType,
  plainScalarType,
  plainScalarValue,
} from './plainScalar';

const TABLE: Record<PlainScalarType, string[]> = {
  null: ['null', 'Null', 'NULL', '~', ''],
  // prettier-ignore
  boolean: [
    'yes', 'Yes', 'YES', 'no', 'No', 'NO', 'on', 'On', 'ON', 'off', 'Off', 'OFF', 'y', 'Y', 'n', 'N',
    'true', 'True', 'TRUE', 'false', 'False', 'FALSE',
  ],
  // prettier-ignore
  number: [
    '1.10', '1.0', '0', '00', '1', '+1', '-1', '1.', '0.', '.5', '-.5', '+.5', '08.5',
    '1e3', '1E5', '1.e3', '1.5E+3', '0e0', '.5e3', '7e10', '1e-400',
    '0123', '007', '08', '09', '-08', '0o17', '0O17', '-0o7', '-0O7', '07777777777777777777777777777',
    '0x1f', '0X1f', '-0x1f', '-0X1F', '+0x1F', '0xffffffffffffffff', '-0x8000000000000000',
    '0b1', '0B1', '-0b1',
    '1_000', '1__0', '1_', '0_1', '0_8', '-_1', '+_1', '1_000.5', '1._5', '1e1_0', '1e5_', '0x_1', '0b_1', '0_x1', '.5_0',
    '12345678901234567890', '18446744073709551616', '-9223372036854775809', '123456789012345678901234567890',
    '.inf', '.Inf', '.INF', '+.inf', '-.INF', '.nan', '.NaN', '.NAN',
  ],
  // prettier-ignore
  string: [
    '1.4.2', 'v1.2.3', 'v1', '1.4.2-rc.1', '1.10.0', '2024-01-01', '2024-01-01T00:00:00Z', '1:30', '190:20:30',
    'latest', 'main-0123abc', 'abc', 'tRUE', 'nUll', 'nan', 'NaN', 'inf', 'Infinity', '+.iNf',
    '1e', '.e3', '._5', '._', '1.5.', '_1', '_1_000', '<<', '=',
    '1e400', '.1e400', '12e4567',
    '0x', '0xZZ', '0x1p4', '0x1.8p1', '00x1', '0b', '0b2', '0b1.1', '0o8',
    '0xffffffffffffffffff', '+0xffffffffffffffff', '-0x8000000000000001', '0o7777777777777777777777777',
  ],
};

const CASES = Object.entries(TABLE).flatMap(([type, texts]) =>
  texts.map(text => [text, type] as [string, PlainScalarType]),
);

describe('plainScalarType', () => {
  it.each(CASES)('reads %j as a %s', (text, type) => {
    expect(plainScalarType(text)).toBe(type);
  });

  it.each(CASES)('agrees on %j with the real kustomize: %s', (text, type) => {
    const build = kustomizeBuild({
      'kustomization.yaml': `resources: [pod.yaml]\nimages:\n  - name: demo\n    newTag: ${text}\n`,
      'pod.yaml': podRunning(['demo']),
    });

    const expected = {
      string: { ok: true, images: [`demo:${text}`] },
      null: { ok: true, images: ['demo'] },
      number: {
        ok: false,
        message: expect.stringMatching(
          /cannot unmarshal number|unsupported value/,
        ),
      },
      boolean: {
        ok: false,
        message: expect.stringContaining('cannot unmarshal bool'),
      },
    }[type];
    expect(build).toMatchObject(expected);
  });

  it('agrees with the real kustomize on whatever looks like a number', () => {
    const lookalike = fc
      .array(fc.constantFrom(...'01279_.+-eExXoObBaAfF'), {
        minLength: 1,
        maxLength: 8,
      })
      .map(characters => characters.join(''))
      // A lone dash is a list to YAML, no scalar.
      .filter(text => text !== '-' && !text.startsWith('---'));

    fc.assert(
      fc.property(lookalike, text => {
        const build = kustomizeBuild({
          'kustomization.yaml': `resources: [pod.yaml]\nimages:\n  - name: demo\n    newTag: ${text}\n`,
          'pod.yaml': podRunning(['demo']),
        });
        expect(build.ok && build.images).toEqual(
          plainScalarType(text) === 'string' && [`demo:${text}`],
        );
      }),
      { numRuns: 200 },
    );
  });
});

describe('plainScalarValue', () => {
  it.each([
    ['1.10', '1.1'],
    ['0123', '83'],
    ['0o17', '15'],
    ['1e3', '1000'],
    ['1_000', '1000'],
    ['yes', 'true'],
    ['Off', 'false'],
    ['~', 'null'],
    ['', 'null'],
    ['.INF', '.inf'],
    ['1.4.2', undefined],
    ['v1', undefined],
  ])('makes of %j %j', (text, value) => {
    expect(plainScalarValue(text)).toBe(value);
  });

  // Kustomize prints an integer where it wants one, and names any other number that it gets instead.
  const kustomizeReads = (text: string): string | undefined => {
    const build = kustomizeBuild({
      'kustomization.yaml': `resources: [d.yaml]\nreplicas:\n  - name: x\n    count: ${text}\n`,
      'd.yaml': JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'x' },
        spec: { replicas: 1 },
      }),
    });
    return build.ok
      ? /replicas: (.+)/.exec(build.output)?.[1]
      : /cannot unmarshal number (\S+)/.exec(build.message)?.[1];
  };

  it.each(TABLE.number.filter(text => !/inf|nan/i.test(text)))(
    'agrees on %j with the real kustomize',
    text => {
      expect(plainScalarValue(text)).toBe(kustomizeReads(text));
    },
  );
});
