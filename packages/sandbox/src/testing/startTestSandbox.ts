import { FAST } from '../argocd/timings';
import { Sandbox } from '../Sandbox';
import { startSandbox } from '../startSandbox';

/**
 * A sandbox for tests: fast, on free ports, with what Argo CD deploys and not all the sources beside it, which would
 * take most of the time.
 *
 * @public
 */
export async function startTestSandbox(): Promise<Sandbox> {
  return startSandbox({
    ports: { control: 0, github: 0, argocd: 0, registry: 0, kubernetes: 0 },
    timings: FAST,
    paths: ['apps', 'bootstrap', 'catalog-info.yaml', 'README.md'],
  });
}
