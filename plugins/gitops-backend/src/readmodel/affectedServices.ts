import { Topology } from './Topology';

/**
 * The services that look different after a change: those that are declared differently, or that have one of the paths.
 *
 * @param paths - of files that changed, or that commits change which are counted now or were before
 */
export function affectedServices(
  topology: Topology,
  before: Topology,
  paths: Iterable<string>,
): string[] {
  const services = new Set(topology.differingServices(before));
  for (const path of paths) {
    const folder = serviceFolder(path);
    if (folder !== undefined && topology.has(folder)) {
      services.add(folder);
    } else if (path.startsWith('apps/')) {
      // What no service owns may be part of any.
      return topology.services;
    }
  }
  return [...services];
}

/** The name of the service in whose folder a file is. */
export function serviceFolder(path: string): string | undefined {
  return /^apps\/([^/]+)\//.exec(path)?.[1];
}
