// What a list's `fields=` can name. Any other path is silently left out of the answer.
const LIST_FIELDS = [
  'items.metadata.name',
  'items.metadata.namespace',
  'items.metadata.annotations',
  'items.metadata.labels',
  'items.metadata.creationTimestamp',
  'items.metadata.deletionTimestamp',
  'items.spec',
  'items.status.sourceType',
  'items.status.sync.status',
  'items.status.health',
  'items.status.summary',
  'items.status.operationState.startedAt',
  'items.status.operationState.finishedAt',
  'items.status.operationState.phase',
  'items.status.resources',
  'items.operation.sync',
  'metadata.resourceVersion',
];

/** The paths of a list's `fields=` that are honoured. */
export function listFields(fields: string[]): string[] {
  return fields.filter(field => LIST_FIELDS.includes(field));
}

/** The parts of a value that paths such as `items.metadata.name` lead to; lists are walked through. */
export function pick(value: unknown, paths: string[]): unknown {
  if (Array.isArray(value)) {
    return value.map(item => pick(item, paths));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const picked: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const below = paths
      .filter(path => path.startsWith(`${key}.`))
      .map(path => path.slice(key.length + 1));
    if (paths.includes(key)) {
      picked[key] = item;
    } else if (below.length > 0) {
      picked[key] = pick(item, below);
    }
  }
  return picked;
}
