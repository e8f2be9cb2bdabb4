import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { LoggerService } from '@backstage/backend-plugin-api';
import {
  DeclaredEnvironment,
  hostsOfOutput,
  InfraSnapshot,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { inParallel } from '../github/inParallel';
import { RepositoryState } from '../readmodel/RepositoryState';
import { OverlayRenderer, Rendering } from './OverlayRenderer';
import {
  KeptHosts,
  keyOf,
  RenderedHosts,
  RenderedRepository,
} from './RenderedHosts';

// Each takes a process of its own.
const RENDERED_AT_A_TIME = 2;
// Hosts of so many overlays are written down together.
const HOSTS_IN_WRITE = 20;
// What could not be tried is tried again after this long, and twice as long each time.
const FAILED_AGAIN_MS = 10_000;
const FAILED_AGAIN_AT_MOST_MS = 30 * 60_000;
const PAUSE_MS = 1_000;
// While it goes on as before, that is written down as often.
const NOTED_AGAIN_MS = 15_000;

/** A repository whose overlays are rendered; what `RepositoryState` is. */
export type FollowedRepository = RenderedRepository &
  Pick<RepositoryState, 'topology'>;

interface Waiting {
  source: FollowedRepository;
  declared: DeclaredEnvironment;
  hash: string;
  /** When it is to be rendered. */
  dueAt: number;
  /** Tries in a row that failed. */
  failures: number;
}

/** Renders overlays, in the background, that are built from other inputs than those that their hosts are known of. */
export class RenderingFollower {
  readonly hosts: RenderedHosts;
  readonly #repositories: FollowedRepository[];
  readonly #renderer: OverlayRenderer;
  readonly #logger: LoggerService;
  readonly #announce: (services: string[]) => void;
  readonly #now: () => number;
  readonly #changed = new Set<FollowedRepository>();
  readonly #waiting = new Map<string, Waiting>();
  // By key, the inputs that did not build here: not before there is another Kustomize do they.
  readonly #refused = new Map<string, string>();
  #notedAt = -Infinity;

  /**
   * @param options.announce - told the services whose hosts are known now
   * @param options.now - in tests, another clock than that of elapsed milliseconds
   */
  constructor(options: {
    hosts: RenderedHosts;
    repositories: FollowedRepository[];
    renderer: OverlayRenderer;
    logger: LoggerService;
    announce: (services: string[]) => void;
    now?: () => number;
  }) {
    this.hosts = options.hosts;
    this.#repositories = options.repositories;
    this.#renderer = options.renderer;
    this.#logger = options.logger;
    this.#announce = options.announce;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Has the next look see which overlays of a repository are built from something else now. */
  repositoryChanged(source: FollowedRepository): void {
    this.#changed.add(source);
  }

  /** Renders until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    // What another process found out meanwhile is not known here, and its Kustomize may have been another one.
    this.#waiting.clear();
    this.#refused.clear();
    this.#repositories.forEach(source => this.repositoryChanged(source));
    while (!signal.aborted) {
      const isMore = await this.look(signal).catch(error => {
        if (!signal.aborted) {
          this.#logger.warn(`Overlays could not be rendered: ${error}`);
        }
        return false;
      });
      if (!isMore) {
        await sleep(PAUSE_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** Renders a few of those that are due. Resolves to whether there are more. */
  async look(signal: AbortSignal): Promise<boolean> {
    await this.#seeChanges(signal);
    const now = this.#now();
    const due = [...this.#waiting].filter(([, { dueAt }]) => dueAt <= now);
    const rendered = new Map<string, KeptHosts>();
    const services = new Set<string>();
    await inParallel(
      due.slice(0, HOSTS_IN_WRITE),
      RENDERED_AT_A_TIME,
      async ([key, waiting]) => {
        const found = await this.#render(key, waiting, signal);
        if (found) {
          rendered.set(key, found);
          services.add(waiting.declared.service);
        }
      },
    );
    if (rendered.size > 0) {
      await this.hosts.update(rendered);
      this.#announce([...services]);
    }
    for (const key of rendered.keys()) {
      if (this.#waiting.get(key)?.failures === 0) {
        this.#waiting.delete(key);
      }
    }
    await this.#note();
    return due.length > HOSTS_IN_WRITE;
  }

  // For all processes: that somebody looks, and what keeps overlays from being tried.
  async #note(): Promise<void> {
    const { mirror } = this.hosts;
    const failing = [...this.#waiting].find(([, { failures }]) => failures > 0);
    const hosts = failing && this.hosts.kept(failing[0])?.hosts;
    const problem = hosts && 'unknown' in hosts ? hosts.unknown : undefined;
    const isNews = problem !== mirror.side.error;
    if (isNews || this.#now() - this.#notedAt >= NOTED_AGAIN_MS) {
      await (problem === undefined
        ? mirror.succeeded()
        : mirror.failed(problem));
      this.#notedAt = this.#now();
    }
  }

  async #seeChanges(signal: AbortSignal): Promise<void> {
    const changed = [...this.#changed];
    this.#changed.clear();
    try {
      await this.#seeChangesOf(changed, signal);
    } catch (error) {
      // What was not written down was not seen.
      changed.forEach(source => this.#changed.add(source));
      throw error;
    }
  }

  // Hosts of what changed, or is not deployed any more, are forgotten.
  async #seeChangesOf(
    changed: FollowedRepository[],
    signal: AbortSignal,
  ): Promise<void> {
    if (changed.length === 0) {
      return;
    }
    const seen = new Map<string, KeptHosts | undefined>();
    for (const source of changed) {
      // Of all services: one may be built on what is in the folder of another.
      for (const service of source.topology.services) {
        if (signal.aborted) {
          return;
        }
        source.topology
          .environments(service)
          .forEach(declared => this.#see(source, declared, seen));
        // There can be thousands, and requests wait meanwhile.
        await setImmediate();
      }
      this.#forgetReadings(source);
    }
    if (this.#repositories.every(source => source.ref())) {
      const deployed = new Set(
        this.#repositories.flatMap(source =>
          source.topology.services
            .flatMap(service => source.topology.environments(service))
            .map(declared => keyOf(source, declared)),
        ),
      );
      const gone = (key: string) => !deployed.has(key);
      for (const byKey of [this.#waiting, this.#refused]) {
        [...byKey.keys()].filter(gone).forEach(key => byKey.delete(key));
      }
      this.hosts.keys.filter(gone).forEach(key => seen.set(key, undefined));
    }
    await this.hosts.update(seen);
  }

  // Overlays come and go, as those of previews do.
  #forgetReadings(source: FollowedRepository): void {
    const snapshots = new Set<InfraSnapshot>();
    for (const service of source.topology.services) {
      for (const declared of source.topology.environments(service)) {
        const snapshot = source.snapshotOf(declared);
        if (snapshot) {
          snapshots.add(snapshot);
        }
      }
    }
    this.hosts.keepReadings(source.config.url, snapshots);
  }

  // What there is to be done about an overlay, and what is to be written down of it now.
  #see(
    source: FollowedRepository,
    declared: DeclaredEnvironment,
    seen: Map<string, KeptHosts | undefined>,
  ): void {
    const key = keyOf(source, declared);
    const overlay = this.hosts.overlayOf(source, declared);
    if (!overlay || key === undefined) {
      return;
    }
    if ('unknown' in overlay) {
      this.#waiting.delete(key);
      seen.set(key, { hosts: overlay });
      return;
    }
    const { hash } = overlay;
    const kept = this.hosts.kept(key);
    if (kept && kept.inputs !== hash) {
      seen.set(key, undefined);
    }
    const isKnown =
      kept?.inputs === hash &&
      ('known' in kept.hosts || this.#refused.get(key) === hash);
    if (isKnown) {
      this.#waiting.delete(key);
    } else if (this.#waiting.get(key)?.hash !== hash) {
      this.#waiting.set(key, {
        source,
        declared,
        hash,
        dueAt: -Infinity,
        failures: 0,
      });
    }
  }

  async #render(
    key: string,
    waiting: Waiting,
    signal: AbortSignal,
  ): Promise<KeptHosts | undefined> {
    const overlay = this.hosts.overlayOf(waiting.source, waiting.declared);
    if (!overlay || 'unknown' in overlay || overlay.hash !== waiting.hash) {
      // It changed meanwhile: the next look sees to that.
      this.#waiting.delete(key);
      return undefined;
    }
    const rendering = await this.#renderer.render(overlay, signal);
    if (signal.aborted) {
      return undefined;
    }
    waiting.failures = 'failed' in rendering ? waiting.failures + 1 : 0;
    if ('failed' in rendering) {
      waiting.dueAt = this.#now() + backoffMs(waiting.failures);
    }
    const hosts = hostsOf(rendering);
    if ('unknown' in hosts && !('failed' in rendering)) {
      this.#refused.set(key, overlay.hash);
    }
    return { inputs: overlay.hash, hosts };
  }
}

function hostsOf(rendering: Rendering): KeptHosts['hosts'] {
  if ('output' in rendering) {
    return hostsOfOutput(rendering.output);
  }
  return {
    unknown:
      'refused' in rendering
        ? `Kustomize does not build it: ${rendering.refused}`
        : rendering.failed,
  };
}

function backoffMs(failures: number): number {
  return Math.min(
    FAILED_AGAIN_MS * 2 ** (failures - 1),
    FAILED_AGAIN_AT_MOST_MS,
  );
}
