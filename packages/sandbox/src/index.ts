/**
 * Stand-ins for GitHub, Argo CD and a registry on loopback, so that everything runs with no account.
 *
 * @packageDocumentation
 */
export type { ArgocdSwitches, GithubSwitches } from './actions';
export { FAST, WATCHABLE } from './argocd/timings';
export type { Timings } from './argocd/timings';
export type { FileChanges, Signature } from './github/EmulatedRepository';
export { DEFAULT_PORTS } from './Sandbox';
export { startSandbox } from './startSandbox';
export type {
  Sandbox,
  SandboxOptions,
  SandboxPorts,
  SandboxPull,
  SandboxState,
} from './Sandbox';
