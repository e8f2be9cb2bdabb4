import {
  RegistryAnswer,
  UpstreamsStatus,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { registryImage } from '@gitops-infra/registry-client';
import { InstanceState } from '../argocd/InstanceState';
import { RegistryAnswers } from '../registry/RegistryAnswers';
import { RegistryState } from '../registry/RegistryState';
import { RenderedHosts } from '../rendering/RenderedHosts';
import { renderingStatus } from '../rendering/renderingStatus';
import { RepositoryState } from './RepositoryState';
import { followed } from './Side';

/** The last known state of each upstream. */
export interface UpstreamStates {
  repositories: RepositoryState[];
  instances: InstanceState[];
  /** What registries say of images; absent where none may be asked. */
  registries?: RegistryAnswers;
  /** How each of them stands. */
  registryStates?: RegistryState[];
  /** The hosts of overlays; absent where nothing is rendered. */
  rendered?: RenderedHosts;
}

/** How the following of each upstream stands. */
export function upstreamsStatus(
  {
    repositories,
    instances,
    registries,
    registryStates = [],
    rendered,
  }: UpstreamStates,
  now: Date,
): UpstreamsStatus {
  return {
    repositories: repositories.map(
      ({ config, topology, snapshot, side, github }) => ({
        url: config.url,
        branch: config.branch,
        head: snapshot?.commit,
        services: topology.services.length,
        files: snapshot?.files.size ?? 0,
        rateLimit: github.rateLimit && {
          limit: github.rateLimit.limit,
          remaining: github.rateLimit.remaining,
          resetAt: github.rateLimit.resetAt.toISOString(),
        },
        ...followed(side, now),
      }),
    ),
    argocd: instances.map(({ config, count, side }) => ({
      name: config.name,
      applications: count,
      ...followed(side, now),
    })),
    registries: registryStates.map(({ host, hosts, mirror }) => {
      const states = answersOf(hosts, registries).map(({ state }) => state);
      return {
        host,
        images: states.length,
        unknown: states.filter(state => state === 'unknown').length,
        ...followed(mirror.side, now),
      };
    }),
    rendering: rendered && renderingStatus(rendered, repositories, now),
  };
}

function answersOf(
  hosts: readonly string[],
  answers: RegistryAnswers | undefined,
): RegistryAnswer[] {
  return (answers?.references ?? []).flatMap(reference =>
    hosts.includes(registryImage(reference)?.host ?? '')
      ? answers?.of(reference) ?? []
      : [],
  );
}
