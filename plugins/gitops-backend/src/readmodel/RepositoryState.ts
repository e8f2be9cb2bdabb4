import {
  DeclaredEnvironment,
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
import { InfraRepository } from '../github/InfraRepository';
import { inParallel } from '../github/inParallel';
import { readSnapshot } from '../github/readSnapshot';
import { Mirror, TakenEntries } from './Mirror';
import {
  applyRevisionEntries,
  entriesOfRevision,
  FollowedRevision,
  FollowedRevisions,
  previousOf,
} from './revisionEntries';
import { RevisionDistances } from './RevisionDistances';
import { shareRuns } from './shareRuns';
import { Side } from './Side';
import { Topology } from './Topology';

// Tags and branches besides the deployed one; each costs a conditional request at every look.
const MAX_OTHER_REVISIONS = 50;

// A repository's default branch changes seldom.
const DEFAULT_BRANCH_KNOWN_MS = 3_600_000;
const PARALLEL_LOOKS = 4;

const DEFAULT_BRANCH = 'default-branch';

const FILE_KEY = /^file:[^:]+:(.+)$/;

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
  readonly #distances: RevisionDistances;
  readonly #sharedRefresh = shareRuns(() => this.#refresh());
  #revisions: FollowedRevisions = new Map();
  #topology = Topology.EMPTY;
  #defaultBranch?: string;
  #defaultBranchAskedAt = -Infinity;

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
    this.#distances = new RevisionDistances(options.github, options.logger);
    this.mirror = new Mirror({
      upstream: `github:${options.config.url}#${options.config.branch}`,
      side: options.side,
      store: options.store,
      take: taken => this.#take(taken),
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

  /** What HEAD means; undefined where no Application deploys it, so that nobody asked. */
  get defaultBranch(): string | undefined {
    return this.#defaultBranch;
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
        ...this.#whyWithout(revision),
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

  // A revision that is not there cannot be deployed; one that was not read may well be in order.
  #whyWithout(revision: string): Pick<OverlayReading, 'problem' | 'unread'> {
    const problem = this.#revisions.get(revision)?.problem;
    if (problem === undefined) {
      return { unread: this.#whyUnread(revision) };
    }
    return isVersionRange(revision)
      ? {
          unread: `the revision ${revision} is a range of versions, and which tag that is Argo CD alone decides`,
        }
      : { problem: { message: problem } };
  }

  #whyUnread(revision: string): string {
    return this.#revisions.size > MAX_OTHER_REVISIONS
      ? `the Applications of ${this.github.slug} deploy more than ${MAX_OTHER_REVISIONS} revisions, and ${revision} is not among those that are read`
      : `the revision ${revision} of ${this.github.slug} was not read yet`;
  }

  /** How far a synced commit is behind what an environment deploys; undefined where that is not known. */
  distanceOf(
    environment: DeclaredEnvironment,
    synced: string,
  ): RevisionDistance | undefined {
    return this.#distances.of(synced, this.snapshotOf(environment)?.commit);
  }

  /**
   * Looks at the head of the deployed branch and at the other revisions that are deployed, and reads what changed.
   * Rejects as InfraRepository does; the last known state stays.
   */
  async refresh(): Promise<void> {
    return this.#sharedRefresh();
  }

  /** Finds out how far synced commits are behind what their environments deploy, where that is not known yet. */
  async measure(
    synced: { environment: DeclaredEnvironment; revision: string }[],
  ): Promise<void> {
    const ranges = synced.flatMap(({ environment, revision }) => {
      const deployed = this.snapshotOf(environment)?.commit;
      return deployed ? [{ synced: revision, deployed }] : [];
    });
    const entries = await this.#distances.read(ranges);
    await this.mirror.write(() => entries);
  }

  /** How one commit stands to another; InfraRepository asks once. */
  async compare(base: string, head: string): Promise<Distance> {
    return this.github.compare(base, head);
  }

  // The head first: what other revisions mean can take longer, and nobody has to wait for it.
  async #refresh(): Promise<void> {
    await this.#keep(known => this.#lookAtHead(known));
    await this.#learnDefaultBranch();
    await this.#keep(known => this.#lookAtOthers(known));
  }

  async #keep(
    look: (known: FollowedRevisions) => Promise<FollowedRevisions>,
  ): Promise<void> {
    for (;;) {
      const before = this.#revisions;
      const after = await look(before);
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

  async #lookAtHead(before: FollowedRevisions): Promise<FollowedRevisions> {
    const { branch } = this.config;
    const commit = await this.github.head();
    const known = before.get(branch);
    if (known?.read && known.commit === commit && !known.outdated) {
      return before;
    }
    const read = await readSnapshot(this.github, commit, previousOf(known));
    return new Map(before).set(branch, { commit, read });
  }

  async #lookAtOthers(before: FollowedRevisions): Promise<FollowedRevisions> {
    const { branch } = this.config;
    const head = before.get(branch);
    const found = new Map<string, FollowedRevision>();
    await inParallel(this.#otherRevisions(), PARALLEL_LOOKS, async revision => {
      found.set(
        revision,
        await this.#lookAt(revision, before.get(revision), head),
      );
    });
    return head ? new Map([[branch, head], ...found]) : found;
  }

  async #lookAt(
    revision: string,
    known: FollowedRevision | undefined,
    head: FollowedRevision | undefined,
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
    if (commit === head?.commit) {
      return { commit };
    }
    // Of another revision only what the services have that deploy it, and what no service owns.
    const services = this.#servicesAt(revision);
    const isWanted = (path: string) => {
      const folder = serviceFolder(path);
      return folder === undefined
        ? path.startsWith('apps/')
        : services.has(folder) || !this.#topology.has(folder);
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
      read: await readSnapshot(this.github, commit, previous, isWanted),
    };
  }

  async #learnDefaultBranch(): Promise<void> {
    const isAsked = this.#topology.declarations.some(
      ({ targetRevision }) => targetRevision === 'HEAD',
    );
    const now = performance.now();
    if (
      !isAsked ||
      now - this.#defaultBranchAskedAt < DEFAULT_BRANCH_KNOWN_MS
    ) {
      return;
    }
    const branch = await this.github.defaultBranch();
    await this.mirror.write(() =>
      branch === this.#defaultBranch
        ? []
        : [{ key: DEFAULT_BRANCH, value: branch }],
    );
    this.#defaultBranchAskedAt = now;
  }

  #servicesAt(revision: string): Set<string> {
    return new Set(
      this.#topology.declarations
        .filter(declaration => this.#revisionOf(declaration) === revision)
        .map(({ service }) => service),
    );
  }

  #otherRevisions(): string[] {
    const revisions = new Set(
      this.#topology.declarations.map(declaration =>
        this.#revisionOf(declaration),
      ),
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
    const { branch, url } = this.config;
    // Until it is known what HEAD means it is taken for what it mostly is.
    const isHead =
      targetRevision === 'HEAD' && (this.#defaultBranch ?? branch) === branch;
    return isHead || repositoryIdentity(repoURL) !== repositoryIdentity(url)
      ? branch
      : targetRevision.replace(/^refs\/(heads|tags)\//, '');
  }

  #take({ entries, own, whole }: TakenEntries): void {
    const before = whole ? new Map() : this.#revisions;
    const topologyBefore = this.#topology;
    const valueOf = (key: string) =>
      entries.find(entry => entry.key === key)?.value;
    const counted = this.#distances.take(entries, whole);
    this.#defaultBranch =
      (valueOf(DEFAULT_BRANCH) as string | undefined) ??
      (whole ? undefined : this.#defaultBranch);
    const snapshotBefore = this.snapshot;
    const revisions = applyRevisionEntries(before, entries);
    if (revisions !== this.#revisions) {
      this.#revisions = withTree(revisions, this.config.branch);
    }
    const { snapshot } = this;
    if (snapshot && snapshot !== snapshotBefore) {
      this.#topology = Topology.read(snapshot, this.#manifests);
      this.#logger.info(`${this.github.slug} is at ${snapshot.commit}`);
    }
    if (this.#topology !== topologyBefore) {
      // Of overlays that are declared no more nothing is kept.
      this.#overlays.clear();
    }
    this.#changed(this.#affected(entries, topologyBefore, counted), own);
  }

  #changed(services: string[], own: boolean): void {
    this.#listeners.forEach(listener => listener({ services, own }));
  }

  // The services that look different after the entries: those whose files changed, that are declared differently, or
  // that commits change which are counted now or were before.
  #affected(
    entries: UpstreamEntry[],
    topologyBefore: Topology,
    counted: string[],
  ): string[] {
    const services = new Set(this.#topology.differingServices(topologyBefore));
    const written = entries.map(({ key }) => FILE_KEY.exec(key)?.[1]);
    for (const path of [...written, ...counted]) {
      const folder = path && serviceFolder(path);
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

// As Argo CD takes them for a range of Semantic Versions: `v1.*`, `1.2.x`, `>=1.0.0 <2.0.0`, `^1.2`.
function isVersionRange(revision: string): boolean {
  return (
    /^[~^<>=! ]*v?[\dx*]/i.test(revision) &&
    /[*~^<>=!|, ]|(^|\.)x(\.|$)/i.test(revision)
  );
}

function serviceFolder(path: string): string | undefined {
  return /^apps\/([^/]+)\//.exec(path)?.[1];
}

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
    ...head,
    read: { snapshot, shas: new Map() },
  });
}
