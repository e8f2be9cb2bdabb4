import { ACTIONS } from './actions';
import { ArgocdApi } from './argocd/ArgocdApi';
import { WATCHABLE } from './argocd/timings';
import { Content, makeContent } from './Content';
import { controlHandler } from './control/controlHandler';
import { Handler, LoopbackServer } from './http/LoopbackServer';
import { TOKEN } from './identity';
import { Registry } from './registry/Registry';
import { RunningSandbox } from './RunningSandbox';
import { DEFAULT_PORTS, Sandbox, SandboxOptions } from './Sandbox';
import { REPOSITORY_ROOT } from './seed/workingTree';

/**
 * Starts stand-ins for GitHub, Argo CD and a registry on loopback. They are ready when this resolves.
 *
 * @throws Error that names a taken port, or says that there is no kustomize.
 * @public
 */
export async function startSandbox(
  options: SandboxOptions = {},
): Promise<Sandbox> {
  const ports = { ...DEFAULT_PORTS, ...options.ports };
  const servers: LoopbackServer[] = [];
  const listen = async (
    title: string,
    option: string,
    port: number,
    handler: Handler,
  ) => {
    const server = await LoopbackServer.listen(
      { title, option, port },
      handler,
    );
    servers.push(server);
    return server;
  };
  try {
    const registry = new Registry();
    const registryServer = await listen(
      'the registry',
      '--registry-port',
      ports.registry,
      (request, response) => registry.handle(request, response),
    );
    // Requests that come while the content is made, or made again, wait for it.
    let content: Promise<Content>;
    const githubServer = await listen(
      'GitHub',
      '--github-port',
      ports.github,
      async (request, response) =>
        (await content).front.handle(request, response),
    );
    let current: Content;
    const api = new ArgocdApi(() => current.argocd, TOKEN);
    const argocdServer = await listen(
      'Argo CD',
      '--argocd-port',
      ports.argocd,
      async (request, response) => {
        await content;
        await api.handle(request, response);
      },
    );
    const make = async (): Promise<Content> =>
      makeContent({
        githubUrl: githubServer.url,
        directory: options.directory ?? REPOSITORY_ROOT,
        registry,
        timings: { ...WATCHABLE, ...options.timings },
      });
    content = make();
    current = await content;

    const sandbox = new RunningSandbox({
      servers: { github: githubServer, argocd: argocdServer },
      registryUrl: registryServer.url,
      registry,
      api,
      content: () => current,
      reset: async () => {
        const old = current;
        content = (async () => {
          await old.argocd.close();
          await old.emulator.close();
          return make();
        })();
        current = await content;
      },
      close: async () => {
        await Promise.all(servers.map(server => server.close()));
        await current.argocd.close();
        await current.emulator.close();
      },
    });
    const control = await listen(
      'the control page',
      '--port',
      ports.control,
      controlHandler(sandbox, ACTIONS),
    );
    sandbox.urls.control = control.url;
    return sandbox;
  } catch (error) {
    await Promise.all(servers.map(server => server.close()));
    throw error;
  }
}
