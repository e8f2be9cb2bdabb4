// What Kustomize's YAML reader (go-yaml 2: YAML 1.1, with octals of both styles) makes of a plain scalar.
// plainScalar.test.ts holds this against the real kustomize.
const NULLS = /^(~|null|Null|NULL|)$/;
const BOOLEANS =
  /^(y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const SPECIAL_FLOATS = /^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/;
const PREFIXED_INTEGER = /^([-+]?)(0[bB][01]+|0[oO][0-7]+|0[xX][0-9a-fA-F]+)$/;
const DECIMAL = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
// After a leading dot underscores count only between digits; everywhere else they are dropped.
const FRACTION = /^\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?$/;

// Larger integers stay strings, unless they are decimal: those become floating point numbers.
const MAX_INTEGER = {
  '': 0xffff_ffff_ffff_ffffn,
  '+': 0x7fff_ffff_ffff_ffffn,
  '-': 0x8000_0000_0000_0000n,
};

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
  return isNumber(text) ? 'number' : 'string';
}

/**
 * What an unquoted number or boolean becomes: `1.1` of `1.10`, `83` of `0123`, `true` of `yes`. Undefined for what stays
 * the text that it is.
 */
export function plainScalarValue(text: string): string | undefined {
  switch (plainScalarType(text)) {
    case 'boolean':
      return String(/^(y|yes|true|on)$/i.test(text));
    case 'null':
      return 'null';
    case 'number':
      return numberValue(text);
    default:
      return undefined;
  }
}

function numberValue(text: string): string {
  if (SPECIAL_FLOATS.test(text)) {
    return text.toLowerCase().replace(/^\+/, '');
  }
  const digits = text.replace(/_/g, '');
  const [, sign, unsigned] = /^([-+]?)(.*)$/.exec(digits) ?? ['', '', digits];
  const minus = sign === '-' ? '-' : '';
  if (/^0[bBoOxX]/.test(unsigned)) {
    return `${minus}${BigInt(unsigned)}`;
  }
  // A leading zero makes an octal, as long as the digits allow it.
  if (
    /^0[0-7]+$/.test(unsigned) &&
    BigInt(`0o${unsigned}`) <= MAX_INTEGER['']
  ) {
    return `${minus}${BigInt(`0o${unsigned}`)}`;
  }
  if (/^\d+$/.test(unsigned)) {
    const integer = BigInt(unsigned);
    const limit = MAX_INTEGER[sign as keyof typeof MAX_INTEGER];
    return integer <= limit ? `${minus}${integer}` : String(Number(digits));
  }
  return String(Number(digits));
}

function isNumber(text: string): boolean {
  if (SPECIAL_FLOATS.test(text)) {
    return true;
  }
  if (text.startsWith('.')) {
    return FRACTION.test(text) && isInRange(text);
  }
  if (!/^[-+0-9]/.test(text)) {
    return false;
  }
  const digits = text.replace(/_/g, '');
  const integer = PREFIXED_INTEGER.exec(digits);
  if (integer) {
    const sign = integer[1] as keyof typeof MAX_INTEGER;
    return BigInt(integer[2]) <= MAX_INTEGER[sign];
  }
  return DECIMAL.test(digits) && isInRange(digits);
}

// `1e400`, which is no number of 64 bits, stays a string: so a commit's `12e4567` is a tag.
function isInRange(digits: string): boolean {
  return Number.isFinite(Number(digits.replace(/_/g, '')));
}
