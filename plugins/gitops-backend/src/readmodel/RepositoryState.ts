import {
  DeclaredEnvironment,
  findKustomization,
  InfraSnapshot,
  ManifestCache,
  OverlayReading,
  readOverlay,
  RepositoryRef,
  RevisionDistance,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { LoggerService } from '@backstage/backend-plugin-api';
import { RepositoryConfig } from '../config';
import { UpstreamStore } from '../database/UpstreamStore';
import { Distance } from '../github/comparison';
import { InfraRepository } from '../github/InfraRepository';
import { affectedServices } from './affectedServices';
import {
  deployedRevision,
  otherRevisions,
  whyNotRead,
} from './deployedRevisions';
import { lookAtHead, lookAtOthers } from './lookAtRevisions';
import { Mirror, TakenEntries } from './Mirror';
import {
  applyRevisionEntries,
  entriesOfRevisions,
  FollowedRevisions,
  pathsIn,
  withTree,
} from './revisionEntries';
import { RevisionDistances } from './RevisionDistances';
import { shareRuns } from './shareRuns';
import { Side } from './Side';
import { Topology } from './Topology';

// A repository's default branch changes seldom.
const DEFAULT_BRANCH_KNOWN_MS = 3_600_000;

const DEFAULT_BRANCH = 'default-branch';

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
        ...whyNotRead(revision, this.#revisions, this.github.slug),
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
    const { github } = this;
    const { branch } = this.config;
    await this.#keep(known => lookAtHead(github, branch, known));
    await this.#learnDefaultBranch();
    await this.#keep(known =>
      lookAtOthers(
        github,
        {
          branch,
          others: otherRevisions(
            this.#topology.declarations,
            this.config,
            this.#defaultBranch,
          ),
          topology: this.#topology,
        },
        known,
      ),
    );
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
        return overtaken ? [] : entriesOfRevisions(before, after);
      });
      if (!overtaken) {
        return;
      }
    }
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

  #revisionOf(environment: DeclaredEnvironment): string {
    return deployedRevision(environment, this.config, this.#defaultBranch);
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
    const paths = [...pathsIn(entries), ...counted];
    this.#changed(affectedServices(this.#topology, topologyBefore, paths), own);
  }

  #changed(services: string[], own: boolean): void {
    this.#listeners.forEach(listener => listener({ services, own }));
  }
}
