import { CpuProfile } from './inspector';

const IDLE = '(idle)';
const NODE = 'Node.js itself';

/** A package and its share of the time in which the process was busy, from 0 to 1. */
export interface PackageTime {
  name: string;
  share: number;
}

/**
 * Where the processor's time went, by package, largest first. What Node.js does for a package counts as the package's;
 * what another package does for it does not.
 */
export function timeByPackage(profile: CpuProfile): PackageTime[] {
  const nodes = new Map(profile.nodes.map(node => [node.id, node]));
  const callers = new Map(
    profile.nodes.flatMap(({ id, children = [] }) =>
      children.map((child): [number, number] => [child, id]),
    ),
  );
  const packageAt = (id: number): string => {
    for (
      let at: number | undefined = id;
      at !== undefined;
      at = callers.get(at)
    ) {
      const name = packageOf(nodes.get(at)?.callFrame.url ?? '');
      if (name) {
        return name;
      }
    }
    const { functionName = '' } = nodes.get(id)?.callFrame ?? {};
    return functionName.startsWith('(') ? functionName : NODE;
  };
  const times = new Map<string, number>();
  let busy = 0;
  profile.samples.forEach((id, index) => {
    if (nodes.get(id)?.callFrame.functionName !== IDLE) {
      const name = packageAt(id);
      const time = profile.timeDeltas[index] ?? 0;
      times.set(name, (times.get(name) ?? 0) + time);
      busy += time;
    }
  });
  return [...times]
    .map(([name, time]) => ({ name, share: time / busy }))
    .sort((one, other) => other.share - one.share);
}

function packageOf(url: string): string | undefined {
  const installed = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url);
  const ours = /\/((?:packages|plugins)\/[^/]+)\/dist\//.exec(url);
  return installed?.[1] ?? ours?.[1];
}
