export type {
  ArgocdApiConfig,
  ArgocdInstanceConfig,
  ArgocdKubernetesConfig,
} from './argocd';
export type { MergeMethod, PullRequestSettings } from './pullRequests';
export { readGitopsConfig } from './readGitopsConfig';
export type { GitopsConfig } from './readGitopsConfig';
export type { RegistryConfig } from './registries';
export type { RepositoryConfig } from './repositories';
