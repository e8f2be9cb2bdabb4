import { demoSnapshot, LOCAL_OVERLAY, STAGE_OVERLAY } from './tree';

export const STAGE_APPLICATION = 'bootstrap/demo-stage-application.yaml';

/** The namespaces of both overlays, as far as they set one, and of stage's Application. */
export interface NamespaceOptions {
  local?: string;
  stage?: string;
  destination?: string;
  cluster?: string;
}

/** This repository with other namespaces. */
export function namespacedTree(options: NamespaceOptions) {
  const {
    local,
    stage,
    destination = 'demo-stage',
    cluster = 'server: https://kubernetes.default.svc',
  } = options;
  const overlay = (namespace?: string) =>
    `resources: [../../base]\n${namespace ? `namespace: ${namespace}\n` : ''}`;
  const snapshot = demoSnapshot();
  const manifest = snapshot.files.get(STAGE_APPLICATION) ?? '';
  return demoSnapshot({
    [LOCAL_OVERLAY]: overlay(local),
    [STAGE_OVERLAY]: overlay(stage),
    [STAGE_APPLICATION]: manifest
      .replace('namespace: demo-stage', `namespace: ${destination}`)
      .replace('server: https://kubernetes.default.svc', cluster),
  });
}
