import { isDeepStrictEqual } from 'node:util';
import {
  DeclaredEnvironment,
  DesiredHosts,
  InfraSnapshot,
  pruneRenderInputs,
  RenderInputs,
  renderInputs,
  RenderInputsCache,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { UpstreamStore } from '../database/UpstreamStore';
import { Mirror, TakenEntries } from '../readmodel/Mirror';
import { RepositoryState } from '../readmodel/RepositoryState';
import { Side } from '../readmodel/Side';
import { OverlaySource } from './OverlayRenderer';

// A look renders twenty overlays at most, two at a time, each within ten seconds.
const STALE_AFTER_MS = 5 * 60_000;

// Of the same inputs a version that reads more of what is rendered knows more: then what is kept does not hold.
const READ_AS = 2;

/** What of a repository is rendered. */
export type RenderedRepository = Pick<
  RepositoryState,
  'config' | 'ref' | 'refOf' | 'snapshotOf'
>;

/** An overlay as an environment deploys it. */
export interface OverlayToRender extends OverlaySource {
  /** Names the overlay among all, whatever it says. */
  key: string;
  /** Names what it is built from. */
  hash: string;
}

/** What the database has for an overlay. */
export interface KeptHosts {
  /** The hash of the inputs that they were rendered from; absent where nothing was rendered, for what these are. */
  inputs?: string;
  hosts: DesiredHosts;
}

/** The hosts of overlays as they are rendered. They hold for what they were rendered from, and no longer. */
export class RenderedHosts {
  readonly mirror: Mirror;
  readonly #kept = new Map<string, KeptHosts>();
  readonly #parsed = new Map<string, RenderInputsCache>();
  // A snapshot never changes, so that neither does what an overlay is built from.
  readonly #inputs = new WeakMap<
    InfraSnapshot,
    WeakMap<DeclaredEnvironment, RenderInputs>
  >();

  constructor(store: UpstreamStore) {
    this.mirror = new Mirror({
      upstream: 'rendering',
      // Of the looks for what there is to render. Hosts hold as long as their inputs do, whenever that was.
      side: new Side(STALE_AFTER_MS),
      store,
      take: taken => this.#take(taken),
    });
  }

  /** The overlays that there are hosts of. */
  get keys(): string[] {
    return [...this.#kept.keys()];
  }

  /** What is kept of an overlay, be it of these inputs or of others. */
  kept(key: string): KeptHosts | undefined {
    return this.#kept.get(key);
  }

  /** Where an environment wants to be reached; undefined as long as it is not rendered. */
  of(
    source: RenderedRepository,
    declared: DeclaredEnvironment,
  ): DesiredHosts | undefined {
    const overlay = this.overlayOf(source, declared);
    if (!overlay || 'unknown' in overlay) {
      return overlay;
    }
    const kept = this.#kept.get(overlay.key);
    return kept?.inputs === overlay.hash ? kept.hosts : undefined;
  }

  /** What there is to render of an environment, or why it is not rendered; undefined as long as the tree is not known. */
  overlayOf(
    source: RenderedRepository,
    declared: DeclaredEnvironment,
  ): OverlayToRender | { unknown: string } | undefined {
    const snapshot = source.snapshotOf(declared);
    const key = keyOf(source, declared);
    if (!snapshot || key === undefined) {
      return undefined;
    }
    const inputs = this.#inputsOf(source.config.url, snapshot, declared);
    if ('unknown' in inputs) {
      return inputs;
    }
    if (inputs.lacking !== undefined) {
      return { unknown: inputs.lacking };
    }
    return {
      key,
      overlayPath: declared.overlayPath,
      ...inputs,
      hash: `${READ_AS}:${inputs.hash}`,
    };
  }

  /** Forgets what Kustomizations say that are in none of a repository's snapshots any more. */
  keepReadings(url: string, snapshots: ReadonlySet<InfraSnapshot>): void {
    pruneRenderInputs(this.#parsed.get(url) ?? new Map(), snapshots);
  }

  /** Takes over hosts; undefined for overlays that nobody deploys any more. */
  async update(
    rendered: ReadonlyMap<string, KeptHosts | undefined>,
  ): Promise<void> {
    await this.mirror.write(() =>
      [...rendered]
        .filter(
          ([key, value]) => !isDeepStrictEqual(this.#kept.get(key), value),
        )
        .map(([key, value]) => ({ key, value })),
    );
  }

  #inputsOf(
    url: string,
    snapshot: InfraSnapshot,
    declared: DeclaredEnvironment,
  ): RenderInputs {
    const ofSnapshot = this.#inputs.get(snapshot) ?? new WeakMap();
    this.#inputs.set(snapshot, ofSnapshot);
    const parsed = this.#parsed.get(url) ?? new Map();
    this.#parsed.set(url, parsed);
    const known = ofSnapshot.get(declared);
    if (known) {
      return known;
    }
    const inputs = renderInputs(snapshot, declared, parsed);
    ofSnapshot.set(declared, inputs);
    return inputs;
  }

  #take({ entries, whole }: TakenEntries): void {
    if (whole) {
      this.#kept.clear();
    }
    for (const { key, value } of entries) {
      if (value === undefined) {
        this.#kept.delete(key);
      } else {
        this.#kept.set(key, value as KeptHosts);
      }
    }
  }
}

/** Names the overlay of an environment at the revision that it deploys; undefined as long as the tree is not known. */
export function keyOf(
  source: Pick<RenderedRepository, 'ref' | 'refOf'>,
  declared: DeclaredEnvironment,
): string | undefined {
  const ref = source.ref();
  return (
    ref &&
    `${ref.url}#${source.refOf(declared, ref).branch}:${declared.overlayPath}`
  );
}
