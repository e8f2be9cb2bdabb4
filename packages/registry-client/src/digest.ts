import { createHash } from 'node:crypto';

const HASHES: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha512', 128],
]);

/** Whether a text is a digest that content can be held against. */
export function isVerifiable(digest: string): boolean {
  const [algorithm, hex = ''] = digest.split(':');
  return HASHES.get(algorithm) === hex.length && /^[0-9a-f]+$/.test(hex);
}

/** Whether content is what a digest names. */
export function hasDigest(content: Uint8Array, digest: string): boolean {
  const [algorithm, hex] = digest.split(':');
  return (
    isVerifiable(digest) &&
    createHash(algorithm).update(content).digest('hex') === hex
  );
}
