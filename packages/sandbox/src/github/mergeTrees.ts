import { TreeFile } from './EmulatedRepository';

/** A merge of whole files: its result, or the files that both sides changed. */
export interface MergedTree {
  files: TreeFile[];
  conflicts: string[];
}

/** Merges what `theirs` changed since `ancestor` into `ours`, file by file. */
export function mergeTrees(
  ancestor: TreeFile[],
  ours: TreeFile[],
  theirs: TreeFile[],
): MergedTree {
  const before = byPath(ancestor);
  const changed = byPath(theirs);
  const merged = byPath(ours);
  const conflicts: string[] = [];
  for (const path of new Set([...before.keys(), ...changed.keys()])) {
    const wanted = changed.get(path);
    if (!same(before.get(path), wanted)) {
      const present = merged.get(path);
      if (!same(before.get(path), present) && !same(wanted, present)) {
        conflicts.push(path);
      } else if (wanted) {
        merged.set(path, wanted);
      } else {
        merged.delete(path);
      }
    }
  }
  return { files: [...merged.values()], conflicts };
}

function byPath(files: TreeFile[]): Map<string, TreeFile> {
  return new Map(files.map(file => [file.path, file]));
}

function same(one: TreeFile | undefined, other: TreeFile | undefined): boolean {
  return one?.sha === other?.sha && one?.mode === other?.mode;
}
