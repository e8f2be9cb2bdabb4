/**
 * Stand-ins for GitHub, Argo CD with its cluster, and a registry on loopback, so that everything runs with no account.
 *
 * @packageDocumentation
 */
export type { ArgocdSwitches, GithubSwitches } from './actions';
export { kustomizeBinary } from './argocd/kustomize';
export { FAST } from './argocd/timings';
export type { Timings } from './argocd/timings';
export type { FileChanges, Signature } from './github/EmulatedRepository';
export { DEFAULT_PORTS } from './Sandbox';
export { startSandbox } from './startSandbox';
export { backstageConfig } from './testing/backstageConfig';
export type { MoreConfig, Upstreams } from './testing/backstageConfig';
export { eventually } from './testing/eventually';
export { startTestSandbox } from './testing/startTestSandbox';
export type {
  Sandbox,
  SandboxOptions,
  SandboxPorts,
  SandboxPull,
  SandboxState,
} from './Sandbox';
export {
  startEstateArgocd,
  startEstateGithub,
  repositoryUrlAt,
} from './scale/standIns';
export type { StandIn } from './scale/standIns';
export {
  measureCommit,
  measureEnvironments,
  measureEvent,
  measureFirstSync,
  measureFloor,
  measureIdle,
  measurePromotion,
} from './scale/measurements/measurements';
export { Target } from './scale/measurements/Target';
export type { TargetOptions } from './scale/measurements/Target';
