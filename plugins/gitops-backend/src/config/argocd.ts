import { RootConfigService } from '@backstage/backend-plugin-api';
import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { parseLabelSelector } from '@gitops-infra/backstage-plugin-gitops-common';
import { readCa, withoutTrailingSlash } from './connections';

/** An Argo CD instance to follow, whichever way it is read. */
export type ArgocdInstanceConfig = ArgocdApiConfig | ArgocdKubernetesConfig;

interface InstanceConfig {
  name: string;
  /** Where people open it; Applications have no link where that is not known. */
  uiUrl?: string;
  /** Only Applications of these projects; of all where there are none. */
  projects: string[];
  /** Only Applications that this label selector selects. */
  selector?: string;
  /** It is only looked at: nothing is asked of it. */
  readOnly?: boolean;
}

/** An Argo CD instance that is read by its HTTP API. */
export interface ArgocdApiConfig extends InstanceConfig {
  transport: 'api';
  /** Base of the API, without a trailing slash. */
  url: string;
  uiUrl: string;
  /** The token as the configuration has it now. */
  token: () => string;
  /** The CA that its certificate is of, where no public one is. */
  ca?: string;
  /** Only Applications of this namespace. */
  appNamespace?: string;
}

/** An Argo CD instance whose Applications are read in its cluster. */
export interface ArgocdKubernetesConfig extends InstanceConfig {
  transport: 'kubernetes';
  /** As the Kubernetes plugin calls it. */
  cluster: string;
  /** Only Applications of these namespaces; of all where there are none. */
  namespaces: string[];
}

/** Reads one of `gitops.argocd`. */
export function readInstance(
  config: Config,
  root: RootConfigService,
): ArgocdInstanceConfig {
  const name = config.getString('name');
  const where = `gitops.argocd ${name}`;
  const uiUrl = config.getOptionalString('uiUrl');
  const common = {
    name,
    projects: config.getOptionalStringArray('projects') ?? [],
    selector: readSelector(config, where),
    readOnly: config.getOptionalBoolean('readOnly'),
  };
  const kubernetes = config.getOptionalConfig('kubernetes');
  if (!kubernetes) {
    const url = withoutTrailingSlash(config.getString('url'));
    config.getString('token');
    return {
      ...common,
      transport: 'api',
      url,
      uiUrl: withoutTrailingSlash(uiUrl ?? url),
      token: () => currentToken(root, name),
      ca: readCa(config, where),
      appNamespace: config.getOptionalString('appNamespace'),
    };
  }
  const other = ['url', 'token', 'ca', 'appNamespace'].find(key =>
    config.has(key),
  );
  if (other) {
    throw new InputError(
      `${where}: ${other} belongs to an instance that is read by its API, and this one has kubernetes; remove one of them`,
    );
  }
  return {
    ...common,
    transport: 'kubernetes',
    uiUrl: uiUrl && withoutTrailingSlash(uiUrl),
    cluster: kubernetes.getString('cluster'),
    namespaces: kubernetes.getOptionalStringArray('namespaces') ?? [],
  };
}

// The root configuration changes when its files do; a part of it that was taken before does not.
function currentToken(root: RootConfigService, instance: string): string {
  return (
    root
      .getOptionalConfigArray('gitops.argocd')
      ?.find(config => config.getOptionalString('name') === instance)
      ?.getOptionalString('token') ?? ''
  );
}

function readSelector(config: Config, where: string): string | undefined {
  const selector = config.getOptionalString('selector');
  if (selector !== undefined && !parseLabelSelector(selector)) {
    throw new InputError(
      `${where}: ${selector} is no label selector; write it as a=b,c!=d,e in (f,g)`,
    );
  }
  return selector;
}
