/** One line of a unified diff, without its marker. */
export interface DiffLine {
  kind: 'added' | 'removed' | 'context' | 'hunk' | 'note';
  text: string;
}

const KIND_BY_MARKER: Record<string, DiffLine['kind']> = {
  '+': 'added',
  '-': 'removed',
  '@': 'hunk',
  '\\': 'note',
};

/** Takes a unified diff of one file apart; what stands before the first hunk is its header and left out. */
export function readUnifiedDiff(diff: string): DiffLine[] {
  const lines = diff.replace(/\r?\n$/, '').split('\n');
  const start = lines.findIndex(line => line.startsWith('@@'));
  return start === -1
    ? []
    : lines.slice(start).map(line => {
        const kind = KIND_BY_MARKER[line[0]] ?? 'context';
        return { kind, text: kind === 'hunk' ? line : line.slice(1) };
      });
}
