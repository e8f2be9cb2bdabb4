import { ACTIONS } from './actions';
import { ArgocdApi } from './argocd/ArgocdApi';
import { WATCHABLE } from './argocd/timings';
import { Content, makeContent } from './Content';
import { controlHandler } from './control/controlHandler';
import { Handler, LoopbackServer } from './http/LoopbackServer';
import { Emulator } from './github/Emulator';
import { APPLICATION_REPOSITORY, BOT, REPOSITORY, TOKEN } from './identity';
import { KubernetesApi } from './kubernetes/KubernetesApi';
import { Registry } from './registry/Registry';
import { RunningSandbox } from './RunningSandbox';
import { DEFAULT_PORTS, Sandbox, SandboxOptions } from './Sandbox';
import { REPOSITORY_ROOT } from './seed/workingTree';
import { Waiting } from './Waiting';

/**
 * Starts stand-ins for GitHub, Argo CD with its cluster, and a registry on loopback. They are ready when this resolves.
 *
 * @throws Error that names a taken port, or says that there is no kustomize.
 * @public
 */
export async function startSandbox(
  options: SandboxOptions = {},
): Promise<Sandbox> {
  const ports = { ...DEFAULT_PORTS, ...options.ports };
  // What is to be undone, the last first, when the sandbox ends or does not come to be.
  const undo: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) {
      await step();
    }
  };
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
    undo.push(() => server.close());
    return server;
  };
  try {
    const registry = new Registry();
    const content = new Waiting<Content>();
    const api = new ArgocdApi(() => content.latest.argocd, TOKEN);
    const kubernetes = new KubernetesApi(() => content.latest.argocd, TOKEN);
    const servers = {
      registry: await listen(
        'the registry',
        '--registry-port',
        ports.registry,
        (request, response) => registry.handle(request, response),
      ),
      github: await listen(
        'GitHub',
        '--github-port',
        ports.github,
        async (request, response) =>
          (await content.ready()).front.handle(request, response),
      ),
      argocd: await listen(
        'Argo CD',
        '--argocd-port',
        ports.argocd,
        async (request, response) => {
          await content.ready();
          await api.handle(request, response);
        },
      ),
      kubernetes: await listen(
        'Kubernetes',
        '--kubernetes-port',
        ports.kubernetes,
        async (request, response) => {
          await content.ready();
          await kubernetes.handle(request, response);
        },
      ),
    };
    const emulator = await Emulator.start(
      {
        owner: REPOSITORY.owner,
        names: [REPOSITORY.name, APPLICATION_REPOSITORY.name],
        branch: REPOSITORY.branch,
        bot: BOT,
      },
      servers.github.url,
    );
    undo.push(() => emulator.close());
    const fill = async () =>
      content.set(
        await makeContent({
          emulator,
          githubUrl: servers.github.url,
          directory: options.directory ?? REPOSITORY_ROOT,
          paths: options.paths,
          registry,
          timings: { ...WATCHABLE, ...options.timings },
        }),
      );
    await fill();
    undo.push(() => content.latest.argocd.close());

    const sandbox = new RunningSandbox({
      servers,
      registry,
      api,
      content: () => content.latest,
      reset: async () => {
        const { argocd, front } = content.latest;
        content.unset();
        await argocd.close();
        await front.exclusive(() => emulator.reset());
        await fill();
      },
      close,
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
    await close();
    throw error;
  }
}
