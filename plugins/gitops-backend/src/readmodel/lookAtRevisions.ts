import { NotFoundError } from '@backstage/errors';
import { InfraRepository } from '../github/InfraRepository';
import { inParallel } from '../github/inParallel';
import { readSnapshot } from '../github/readSnapshot';
import {
  FollowedRevision,
  FollowedRevisions,
  previousOf,
} from './revisionEntries';
import { serviceFolder } from './affectedServices';
import { Topology } from './Topology';

const PARALLEL_LOOKS = 4;

/** The revisions after a look at the head of the deployed branch; the same ones where nothing is new. Rejects as GitHub does. */
export async function lookAtHead(
  github: InfraRepository,
  branch: string,
  before: FollowedRevisions,
): Promise<FollowedRevisions> {
  const commit = await github.head();
  const known = before.get(branch);
  if (known?.read && known.commit === commit && !known.outdated) {
    return before;
  }
  const read = await readSnapshot(github, commit, previousOf(known));
  return new Map(before).set(branch, { commit, read });
}

/**
 * The revisions after a look at those besides the deployed branch. Rejects as GitHub does.
 *
 * @param deployed.others - those, each with the services that deploy it
 * @param deployed.topology - what the head of the deployed branch declares
 */
export async function lookAtOthers(
  github: InfraRepository,
  {
    branch,
    others,
    topology,
  }: {
    branch: string;
    others: ReadonlyMap<string, ReadonlySet<string>>;
    topology: Topology;
  },
  before: FollowedRevisions,
): Promise<FollowedRevisions> {
  const head = before.get(branch);
  const found = new Map<string, FollowedRevision>();
  await inParallel(
    [...others],
    PARALLEL_LOOKS,
    async ([revision, services]) => {
      const known = before.get(revision);
      found.set(
        revision,
        await lookAt(github, { revision, services, topology, known, head }),
      );
    },
  );
  return head ? new Map([[branch, head], ...found]) : found;
}

async function lookAt(
  github: InfraRepository,
  {
    revision,
    services,
    topology,
    known,
    head,
  }: {
    revision: string;
    services: ReadonlySet<string>;
    topology: Topology;
    known: FollowedRevision | undefined;
    head: FollowedRevision | undefined;
  },
): Promise<FollowedRevision> {
  let commit: string;
  try {
    commit = await github.resolve(revision);
  } catch (error) {
    if (NotFoundError.is(error)) {
      return { problem: `the revision ${revision} is not in ${github.slug}` };
    }
    throw error;
  }
  if (commit === head?.commit) {
    return { commit };
  }
  // Of another revision only what the services have that deploy it, and what no service owns.
  const isWanted = (path: string) => {
    const folder = serviceFolder(path);
    return folder === undefined
      ? path.startsWith('apps/')
      : services.has(folder) || !topology.has(folder);
  };
  const hasAll = [...services].every(service =>
    [...(known?.read?.shas.keys() ?? [])].some(
      path => serviceFolder(path) === service,
    ),
  );
  if (hasAll && known?.commit === commit && known.read && !known.outdated) {
    return known;
  }
  const previous = previousOf(hasAll ? known : head);
  return {
    commit,
    read: await readSnapshot(github, commit, previous, isWanted),
  };
}
