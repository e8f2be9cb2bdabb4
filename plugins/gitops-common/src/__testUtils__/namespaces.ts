import { demoSnapshot, LOCAL_OVERLAY, STAGE_OVERLAY } from './tree';

export const STAGE_APPLICATION = 'bootstrap/demo-stage-application.yaml';

export const BASE = 'apps/demo/base/kustomization.yaml';
export const COMPONENT = 'apps/demo/components/stage/kustomization.yaml';

/** The namespaces of both overlays, as far as they set one, and of stage's Application. */
export interface NamespaceOptions {
  local?: string;
  stage?: string;
  destination?: string;
  cluster?: string;
  /** More lines of stage's overlay, of its base and of its Application's source. */
  more?: { overlay?: string; base?: string; source?: string };
  /** Other files, by path. */
  files?: Record<string, string>;
}

/** This repository with other namespaces. */
export function namespacedTree(options: NamespaceOptions) {
  const {
    local,
    stage,
    destination = 'demo-stage',
    cluster = 'server: https://kubernetes.default.svc',
    more = {},
    files,
  } = options;
  const overlay = (namespace?: string) =>
    `resources: [../../base]\n${namespace ? `namespace: ${namespace}\n` : ''}`;
  const snapshot = demoSnapshot();
  const manifest = snapshot.files.get(STAGE_APPLICATION) ?? '';
  const base = snapshot.files.get(BASE) ?? '';
  return demoSnapshot({
    [LOCAL_OVERLAY]: overlay(local),
    [STAGE_OVERLAY]: `${overlay(stage)}${more.overlay ?? ''}`,
    [BASE]: `${base}${more.base ?? ''}`,
    [STAGE_APPLICATION]: manifest
      .replace('namespace: demo-stage', `namespace: ${destination}`)
      .replace('server: https://kubernetes.default.svc', cluster)
      .replace(/^( *)path: .*$/m, `$&${more.source ?? ''}`),
    ...files,
  });
}
