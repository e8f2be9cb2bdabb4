import { ArgocdApi } from '../argocd/ArgocdApi';
import { LoopbackServer } from '../http/LoopbackServer';
import { REPOSITORY, TOKEN } from '../identity';
import { CallCounts, withControls } from './CallCounts';
import { EstateArgocd } from './EstateArgocd';
import { archiveFolder, EstateGithub, githubRoute } from './EstateGithub';
import { EstateRepository } from './EstateRepository';
import { now } from './now';

/** A stand-in that answers. */
export interface StandIn {
  url: string;
  close(): Promise<void>;
}

/** The page of an estate's infra repository at the stand-in for GitHub. */
export function repositoryUrlAt(githubUrl: string): string {
  return `${githubUrl}/${REPOSITORY.owner}/${REPOSITORY.name}`;
}

/**
 * Starts a GitHub with the infra repository of an estate. Its controls: `commit` has one overlay pin another version,
 * `history` lists the commits of the deployed branch.
 */
export async function startEstateGithub(options: {
  services: number;
  port?: number;
}): Promise<StandIn> {
  const { services, port = 0 } = options;
  // The repository names the address in its files, which is known once the port is.
  const made: { github?: EstateGithub } = {};
  const counts = new CallCounts(githubRoute);
  const server = await LoopbackServer.listen(
    { title: 'GitHub', option: '--port', port },
    withControls(
      counts,
      {
        commit: ({ service, environment, tag }) => ({
          sha: made.github?.repository.release(
            String(service),
            String(environment),
            String(tag),
          ),
          at: now(),
        }),
        history: () => ({ commits: made.github?.repository.history }),
      },
      async (request, response) => made.github?.handle(request, response),
    ),
  );
  const { url } = server;
  const repository = new EstateRepository(services, repositoryUrlAt(url));
  made.github = new EstateGithub(repository, url);
  const head = repository.branchHead(REPOSITORY.branch) ?? '';
  await repository.archive(head, archiveFolder(head));
  return server;
}

/** Starts an Argo CD with the Applications of an estate. Its control `event` has one of them change. */
export async function startEstateArgocd(options: {
  services: number;
  repositoryUrl: string;
  revisions: string[];
  /** Whether every Application is; otherwise some cannot pull their image. */
  healthy?: boolean;
  port?: number;
}): Promise<StandIn> {
  const argocd = new EstateArgocd(options);
  const api = new ArgocdApi(() => argocd, TOKEN);
  const counts = new CallCounts(argocdRoute);
  return LoopbackServer.listen(
    { title: 'Argo CD', option: '--port', port: options.port ?? 0 },
    withControls(
      counts,
      { event: ({ application }) => argocd.change(String(application)) },
      (request, response) => api.handle(request, response),
    ),
  );
}

function argocdRoute(method: string, path: string): string {
  return `${method} ${path.replace(
    /^(\/api\/v1\/applications)\/[^/]+/,
    '$1/{name}',
  )}`;
}
