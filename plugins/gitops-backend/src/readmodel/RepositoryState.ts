import {
  DeclaredEnvironment,
  extendDistance,
  findKustomization,
  InfraSnapshot,
  ManifestCache,
  OverlayReading,
  readOverlay,
  repositoryIdentity,
  RepositoryRef,
  RevisionDistance,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { LoggerService } from '@backstage/backend-plugin-api';
import { NotFoundError } from '@backstage/errors';
import { RepositoryConfig } from '../config';
import { UpstreamEntry, UpstreamStore } from '../database/UpstreamStore';
import { Distance } from '../github/comparison';
import { InfraRepository } from '../github/GithubRepository';
import { readHistory } from '../github/readHistory';
import { readSnapshot } from '../github/readSnapshot';
import { Mirror } from './Mirror';
import {
  applyRevisionEntries,
  entriesOfRevision,
  FollowedRevision,
  FollowedRevisions,
} from './revisionEntries';
import { shareRuns } from './shareRuns';
import { Side } from './Side';
import { Topology } from './Topology';

// Tags and branches besides the deployed one; each costs a conditional request at every look.
const MAX_OTHER_REVISIONS = 50;
// Synced commits that are not the head; each costs a comparison once.
const MAX_DISTANCES = 50;

const DISTANCES = 'distances';

/** By `synced...deployed`, both commits; null where one of them is in the repository no more. */
type Distances = Readonly<Record<string, RevisionDistance | null>>;

/** What changed, for those who show it. */
export interface RepositoryChange {
  /** Services whose environments may look different now. */
  services: string[];
  /** Whether this process wrote the change; of several processes one does. */
  own: boolean;
}

/** The last known state of one infra repository, and how it is brought up to date. */
export class RepositoryState {
  readonly config: RepositoryConfig;
  readonly github: InfraRepository;
  readonly mirror: Mirror;
  readonly #logger: LoggerService;
  readonly #listeners: ((change: RepositoryChange) => void)[] = [];
  readonly #manifests: ManifestCache = new Map();
  readonly #overlays = new Map<string, OverlayReading>();
  readonly #sharedRefresh = shareRuns(() => this.#refresh());
  #revisions: FollowedRevisions = new Map();
  #distances: Distances = {};
  #topology = Topology.EMPTY;

  constructor(options: {
    config: RepositoryConfig;
    github: InfraRepository;
    side: Side;
    store: UpstreamStore;
    logger: LoggerService;
  }) {
    this.config = options.config;
    this.github = options.github;
    this.#logger = options.logger;
    this.mirror = new Mirror({
      upstream: `github:${options.config.url}#${options.config.branch}`,
      side: options.side,
      store: options.store,
      take: (entries, own) => this.#take(entries, own),
      turned: () => this.#changed(this.#topology.services, true),
    });
  }

  get side(): Side {
    return this.mirror.side;
  }

  /** The tree at the head of the deployed branch. */
  get snapshot(): InfraSnapshot | undefined {
    return this.#revisions.get(this.config.branch)?.read?.snapshot;
  }

  /** What the head of the deployed branch declares. */
  get topology(): Topology {
    return this.#topology;
  }

  /** Has a listener told of every change, whichever process made it. */
  onChange(listener: (change: RepositoryChange) => void): void {
    this.#listeners.push(listener);
  }

  /** How the repository is named in answers; only where a snapshot was read. */
  ref(): RepositoryRef | undefined {
    return (
      this.snapshot && {
        url: this.config.url,
        slug: this.github.slug,
        branch: this.config.branch,
        head: this.snapshot.commit,
      }
    );
  }

  /** The tree that an environment deploys: that of its own target revision where it is not the deployed branch. */
  snapshotOf(environment: DeclaredEnvironment): InfraSnapshot | undefined {
    const revision = this.#revisions.get(this.#revisionOf(environment));
    return revision?.commit === this.snapshot?.commit
      ? this.snapshot
      : revision?.read?.snapshot;
  }

  /** The repository as an environment deploys it: its branch is the environment's revision, its head the commit there. */
  refOf(environment: DeclaredEnvironment, ref: RepositoryRef): RepositoryRef {
    return {
      ...ref,
      branch: this.#revisionOf(environment),
      head: this.snapshotOf(environment)?.commit ?? ref.head,
    };
  }

  /** The overlay of an environment in the tree that it deploys. */
  overlayOf(environment: DeclaredEnvironment): OverlayReading {
    const { overlayPath } = environment;
    const revision = this.#revisionOf(environment);
    const snapshot = this.snapshotOf(environment);
    if (!snapshot) {
      return {
        path: `${overlayPath}/kustomization.yaml`,
        pins: [],
        problem: {
          message:
            this.#revisions.get(revision)?.problem ??
            `the revision ${revision} of ${this.github.slug} was not read yet`,
        },
      };
    }
    const key = `${revision}:${overlayPath}`;
    const known = this.#overlays.get(key);
    const file = findKustomization(snapshot, overlayPath);
    if (known && file && known.path === file.path && known.text === file.text) {
      return known;
    }
    const reading = readOverlay(snapshot, overlayPath);
    this.#overlays.set(key, reading);
    return reading;
  }

  /** How far a synced commit is behind what an environment deploys; undefined where that is not known. */
  distanceOf(
    environment: DeclaredEnvironment,
    synced: string,
  ): RevisionDistance | undefined {
    const deployed = this.snapshotOf(environment)?.commit;
    return synced === deployed
      ? NO_DISTANCE
      : this.#distances[`${synced}...${deployed}`] ?? undefined;
  }

  /**
   * Looks at the head of the deployed branch and at the other revisions that are deployed, and reads what changed.
   * Rejects as GithubRepository does; the last known state stays.
   */
  async refresh(): Promise<void> {
    return this.#sharedRefresh();
  }

  /** Finds out how far synced commits are behind what their environments deploy, where that is not known yet. */
  async measure(
    synced: { environment: DeclaredEnvironment; revision: string }[],
  ): Promise<void> {
    const wanted = new Set<string>();
    for (const { environment, revision } of synced) {
      const deployed = this.snapshotOf(environment)?.commit;
      if (deployed && deployed !== revision) {
        wanted.add(`${revision}...${deployed}`);
      }
    }
    const distances: Record<string, RevisionDistance | null> = {};
    for (const range of [...wanted].slice(0, MAX_DISTANCES)) {
      const [base, head] = range.split('...');
      const distance =
        range in this.#distances
          ? this.#distances[range]
          : await this.#readDistance(base, head);
      if (distance !== undefined) {
        distances[range] = distance;
      }
    }
    await this.mirror.write(() =>
      Object.keys(distances).every(range => range in this.#distances)
        ? []
        : [{ key: DISTANCES, value: distances }],
    );
  }

  /** How one commit stands to another; GithubRepository asks once. */
  async compare(base: string, head: string): Promise<Distance> {
    return this.github.compare(base, head);
  }

  // Null where there is no such commit, as for a synced one after a force push; undefined where it could not be told.
  async #readDistance(
    base: string,
    head: string,
  ): Promise<RevisionDistance | null | undefined> {
    try {
      return (
        (await this.#extendedDistance(base, head)) ??
        (await readHistory(this.github, base, head))
      );
    } catch (error) {
      if (NotFoundError.is(error)) {
        return null;
      }
      this.#logger.debug(`How far ${base} is behind is not known: ${error}`);
      return undefined;
    }
  }

  // What came since an earlier head is the same for all who were behind it, and asked for once.
  async #extendedDistance(
    base: string,
    head: string,
  ): Promise<RevisionDistance | undefined> {
    for (const [range, known] of Object.entries(this.#distances)) {
      const [from, earlier] = range.split('...');
      if (known && from === base && earlier !== head) {
        const since = await readHistory(this.github, earlier, head);
        if (since.behindBy === 0) {
          return extendDistance(known, since);
        }
      }
    }
    return undefined;
  }

  async #refresh(): Promise<void> {
    for (;;) {
      const before = this.#revisions;
      const after = await this.#look(before);
      let overtaken = false;
      await this.mirror.write(() => {
        // Another process may have read a newer state meanwhile.
        overtaken = this.#revisions !== before;
        return overtaken ? [] : entriesOf(before, after);
      });
      if (!overtaken) {
        return;
      }
    }
  }

  async #look(before: FollowedRevisions): Promise<FollowedRevisions> {
    const { branch } = this.config;
    const commit = await this.github.head();
    const known = before.get(branch);
    const head =
      known?.read && known.commit === commit
        ? { commit, read: known.read }
        : {
            commit,
            read: await readSnapshot(this.github, commit, known?.read),
          };
    const after = new Map<string, FollowedRevision>([
      [branch, head.commit === known?.commit ? known : head],
    ]);
    const topology =
      head.read === known?.read
        ? this.#topology
        : Topology.read(head.read.snapshot, this.#manifests);
    for (const revision of this.#otherRevisions(topology)) {
      after.set(
        revision,
        await this.#lookAt(revision, before.get(revision), head),
      );
    }
    return after;
  }

  async #lookAt(
    revision: string,
    known: FollowedRevision | undefined,
    head: { commit: string; read: FollowedRevision['read'] },
  ): Promise<FollowedRevision> {
    let commit: string;
    try {
      commit = await this.github.resolve(revision);
    } catch (error) {
      if (NotFoundError.is(error)) {
        return {
          problem: `the revision ${revision} is not in ${this.github.slug}`,
        };
      }
      throw error;
    }
    if (commit === head.commit) {
      return { commit };
    }
    return known?.commit === commit && known.read
      ? known
      : {
          commit,
          read: await readSnapshot(
            this.github,
            commit,
            known?.read ?? head.read,
          ),
        };
  }

  #otherRevisions(topology: Topology): string[] {
    const infra = repositoryIdentity(this.config.url);
    const revisions = new Set(
      topology.declarations
        .filter(({ repoURL }) => repositoryIdentity(repoURL) === infra)
        .map(declaration => this.#revisionOf(declaration)),
    );
    revisions.delete(this.config.branch);
    return [...revisions].slice(0, MAX_OTHER_REVISIONS);
  }

  // An Application of another repository is shown with what the infra repository has at its place.
  #revisionOf({
    repoURL,
    targetRevision,
  }: {
    repoURL: string;
    targetRevision: string;
  }): string {
    const revision = targetRevision.replace(/^refs\/(heads|tags)\//, '');
    return repositoryIdentity(repoURL) === repositoryIdentity(this.config.url)
      ? revision
      : this.config.branch;
  }

  #take(entries: UpstreamEntry[], own: boolean): void {
    const distances = entries.find(({ key }) => key === DISTANCES);
    const before = this.#revisions;
    const topologyBefore = this.#topology;
    if (distances) {
      this.#distances = (distances.value as Distances | undefined) ?? {};
    }
    if (entries.length > (distances ? 1 : 0)) {
      this.#revisions = withTree(
        applyRevisionEntries(before, entries),
        this.config.branch,
      );
    }
    const { snapshot } = this;
    if (
      snapshot &&
      snapshot !== before.get(this.config.branch)?.read?.snapshot
    ) {
      this.#topology = Topology.read(snapshot, this.#manifests);
      this.#logger.info(`${this.github.slug} is at ${snapshot.commit}`);
    }
    const services = distances
      ? this.#topology.services
      : this.#affected(entries, topologyBefore);
    this.#changed(services, own);
  }

  #changed(services: string[], own: boolean): void {
    this.#listeners.forEach(listener => listener({ services, own }));
  }

  // The services that look different after the entries: those whose files changed, or that are declared differently.
  #affected(entries: UpstreamEntry[], topologyBefore: Topology): string[] {
    const services = new Set(this.#topology.differingServices(topologyBefore));
    for (const { key } of entries) {
      const [, path] = /^file:[^:]+:(.+)$/.exec(key) ?? [];
      const [, folder] = /^apps\/([^/]+)\//.exec(path ?? '') ?? [];
      if (folder !== undefined && this.#topology.has(folder)) {
        services.add(folder);
      } else if (path?.startsWith('apps/')) {
        // What no service owns may be part of any.
        return this.#topology.services;
      }
    }
    return [...services];
  }
}

const NO_DISTANCE: RevisionDistance = {
  aheadBy: 0,
  behindBy: 0,
  commits: [],
  truncated: false,
};

function entriesOf(
  before: FollowedRevisions,
  after: FollowedRevisions,
): UpstreamEntry[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap(name =>
    entriesOfRevision(name, before.get(name), after.get(name)),
  );
}

// A tree without any file that is followed has no entries, and is known all the same.
function withTree(
  revisions: FollowedRevisions,
  branch: string,
): FollowedRevisions {
  const head = revisions.get(branch);
  if (head?.commit === undefined || head.read) {
    return revisions;
  }
  const { commit } = head;
  const snapshot = { commit, files: new Map(), unread: new Map() };
  return new Map(revisions).set(branch, {
    commit,
    read: { snapshot, shas: new Map() },
  });
}
