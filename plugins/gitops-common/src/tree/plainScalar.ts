// What Kustomize's YAML reader (go-yaml 2, YAML 1.1 with octals of both styles) makes of a plain scalar.
// The table of plainScalar.test.ts is held against the real kustomize.
const NULLS = /^(~|null|Null|NULL|)$/;
const BOOLEANS =
  /^(y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const INTEGERS = /^[-+]?(0b[01]+|0o?[0-7]+|0x[0-9a-fA-F]+|[0-9]+)$/;
const FLOATS = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const SPECIAL_FLOATS = /^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/;

/** What an unquoted scalar is read as. */
export type PlainScalarType = 'string' | 'number' | 'boolean' | 'null';

/** Tells what Kustomize reads an unquoted scalar as; a tag must be a string. */
export function plainScalarType(text: string): PlainScalarType {
  if (NULLS.test(text)) {
    return 'null';
  }
  if (BOOLEANS.test(text)) {
    return 'boolean';
  }
  const digits = text.replace(/_/g, '');
  if (
    INTEGERS.test(digits) ||
    FLOATS.test(digits) ||
    SPECIAL_FLOATS.test(text)
  ) {
    return 'number';
  }
  return 'string';
}
