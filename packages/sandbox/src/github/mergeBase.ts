/**
 * The best common ancestor of two commits, as Git has it: one that no other common ancestor descends from. Where there are
 * several, any of them; undefined where there is none.
 */
export async function mergeBase(
  one: string,
  other: string,
  parentsOf: (commit: string) => Promise<string[]>,
): Promise<string | undefined> {
  const ofOther = await history([other], parentsOf);
  const common = [...(await history([one], parentsOf))].filter(commit =>
    ofOther.has(commit),
  );
  const parents = await Promise.all(common.map(parentsOf));
  const older = await history(parents.flat(), parentsOf);
  return common.find(commit => !older.has(commit));
}

// The commits, and all before them.
async function history(
  commits: string[],
  parentsOf: (commit: string) => Promise<string[]>,
): Promise<Set<string>> {
  const seen = new Set<string>();
  const open = [...commits];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (!seen.has(at)) {
      seen.add(at);
      open.push(...(await parentsOf(at)));
    }
  }
  return seen;
}
