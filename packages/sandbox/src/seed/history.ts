import { FileChanges, Signature } from '../github/EmulatedRepository';
import { patchBefore, tagOf, withoutTagComment, withTag } from './tag';

const LOCAL = 'apps/demo/overlays/local/kustomization.yaml';
const STAGE = 'apps/demo/overlays/stage/kustomization.yaml';
const README = 'README.md';

const HOUR_MS = 3_600_000;

/** A commit of the seeded history. */
export interface SeedCommit {
  message: string;
  author: Signature;
  changes: FileChanges;
}

interface Person {
  name: string;
  email: string;
}

const ADA: Person = { name: 'Ada Ahlgren', email: 'ada@example.com' };
const GRIT: Person = { name: 'Grit Hoppe', email: 'grit@example.com' };
const RELEASE: Person = { name: 'Release bot', email: 'release@example.com' };

/**
 * A past for a tree: a handful of commits over the last days, the last of which yields the tree as it is. The versions
 * are those that the overlays pin, and the ones before them, so that stage is as far behind as the tree says.
 */
export function inventHistory(
  files: ReadonlyMap<string, string>,
  now: Date,
): SeedCommit[] {
  const local = files.get(LOCAL) ?? '';
  const stage = files.get(STAGE) ?? '';
  const localTag = tagOf(local);
  const stageTag = tagOf(stage);
  const firstTag = stageTag && (patchBefore(stageTag) ?? stageTag);

  const state = new Map(files);
  if (localTag && stageTag && firstTag) {
    state.set(LOCAL, withoutTagComment(withTag(local, firstTag)));
    state.set(STAGE, withTag(stage, firstTag));
    state.delete(README);
  }

  const commits: SeedCommit[] = [];
  const commit = (
    hoursAgo: number,
    person: Person,
    message: string,
    changes: Iterable<[string, string | undefined]>,
  ) => {
    const effective = [...changes].filter(
      ([path, text]) =>
        text !== undefined &&
        (commits.length === 0 || state.get(path) !== text),
    ) as [string, string][];
    if (effective.length > 0) {
      const date = new Date(now.getTime() - hoursAgo * HOUR_MS).toISOString();
      effective.forEach(([path, text]) => state.set(path, text));
      commits.push({
        message,
        author: { ...person, date },
        changes: Object.fromEntries(effective),
      });
    }
  };

  commit(
    150,
    ADA,
    'Deploy the demo service to local and stage',
    new Map(state),
  );
  if (localTag && stageTag && firstTag) {
    commit(76, RELEASE, `demo ${stageTag} to local`, [
      [LOCAL, withTag(state.get(LOCAL) ?? '', stageTag)],
    ]);
    commit(
      51,
      GRIT,
      `promote(demo): local → stage, ${firstTag} → ${stageTag}`,
      [[STAGE, stage]],
    );
    commit(30, ADA, 'Describe the repository', [[README, files.get(README)]]);
    commit(28, GRIT, 'Say why the tag is quoted', [
      [LOCAL, withTag(local, stageTag)],
    ]);
    commit(3, RELEASE, `demo ${localTag} to local`, [[LOCAL, local]]);
  }
  return commits;
}
