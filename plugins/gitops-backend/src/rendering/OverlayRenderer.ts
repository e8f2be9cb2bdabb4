/** An overlay with all that it is built from, as `renderInputs` gives it. */
export interface OverlaySource {
  overlayPath: string;
  /** Text by path from the root of the tree. */
  files: ReadonlyMap<string, string>;
}

/** What came of rendering. */
export type Rendering =
  /** The manifests, as YAML. */
  | { output: string }
  /** Why it does not build: the same inputs never will. */
  | { refused: string }
  /** Why it could not be tried; another time it may be. */
  | { failed: string };

/** Something that renders overlays exactly as Argo CD would. Never rejects. */
export interface OverlayRenderer {
  render(source: OverlaySource, signal: AbortSignal): Promise<Rendering>;
}
