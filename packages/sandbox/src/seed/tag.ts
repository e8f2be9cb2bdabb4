const NEW_TAG = /^(\s*(?:-\s+)?newTag:\s*)(["']?)([^"'\s#]+)\2([^\n]*)$/m;

/** The first image tag that an overlay pins, or undefined where it pins none. */
export function tagOf(overlay: string): string | undefined {
  return NEW_TAG.exec(overlay)?.[3];
}

/** The overlay with another tag in its first image pin; a quoted string, as Kustomize wants it. */
export function withTag(overlay: string, tag: string): string {
  return overlay.replace(NEW_TAG, `$1"${tag}"$4`);
}

/** The overlay without the comment beside its first image tag. */
export function withoutTagComment(overlay: string): string {
  return overlay.replace(NEW_TAG, (line, _key, _quote, _tag, rest: string) =>
    line.slice(0, line.length - rest.length),
  );
}

/** The patch version before one, or undefined where there is none. */
export function patchBefore(version: string): string | undefined {
  const [, minor, patch] = /^(\d+\.\d+)\.(\d+)$/.exec(version) ?? [];
  return patch && patch !== '0' ? `${minor}.${Number(patch) - 1}` : undefined;
}

/** The patch version after one. What is no such version gets one appended. */
export function patchAfter(version: string): string {
  const [, minor, patch] = /^(\d+\.\d+)\.(\d+)$/.exec(version) ?? [];
  return minor ? `${minor}.${Number(patch) + 1}` : `${version}.1`;
}

/** The minor version after one. What is no such version gets one appended. */
export function minorAfter(version: string): string {
  const [, major, minor] = /^(\d+)\.(\d+)\.\d+$/.exec(version) ?? [];
  return major ? `${major}.${Number(minor) + 1}.0` : `${version}.1`;
}
