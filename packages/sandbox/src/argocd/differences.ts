import { LiveResources } from './LiveResources';
import { Manifest } from './model';
import {
  isWorkload,
  podTemplateOf,
  resourceKey,
  sameManifest,
} from './resources';

/** The keys of the resources that are other than they should be. */
export function changedKeys(
  live: LiveResources,
  manifests: Manifest[],
): Set<string> {
  const wanted = new Map(
    manifests.map(manifest => [resourceKey(manifest), manifest]),
  );
  const keys = new Set([...wanted.keys(), ...live.manifests.map(resourceKey)]);
  return new Set(
    [...keys].filter(
      key => !sameManifest(wanted.get(key), live.get(key)?.manifest),
    ),
  );
}

/** Whether a manifest makes other pods than those that run. */
export function changesPods(live: LiveResources, manifest: Manifest): boolean {
  const before = live.get(resourceKey(manifest))?.manifest;
  return (
    isWorkload(manifest) &&
    (!before || podTemplateOf(before).hash !== podTemplateOf(manifest).hash)
  );
}
