// Reading JSON that others write: what has another shape than expected reads as absent.

/** An object, or an empty one. */
export function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)
    : {};
}

/** A list, or an empty one; Argo CD writes empty lists as null. */
export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? [...value] : [];
}

/** A text that says something. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The texts of a list. */
export function texts(value: unknown): string[] {
  return list(value).filter((item): item is string => typeof item === 'string');
}
