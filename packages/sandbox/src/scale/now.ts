/** Milliseconds since 1970 with their fractions: processes of one machine can compare them. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
