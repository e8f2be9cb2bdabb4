import { MetricsService } from '@backstage/backend-plugin-api/alpha';
import { ApplicationCommands } from '../argocd/ApplicationCommands';
import { ApplicationSource } from '../argocd/ApplicationSource';
import { GithubRequest } from '../github/createOctokit';
import { AskedRegistry } from '../registry/RegistryFollower';
import { OverlayRenderer } from '../rendering/OverlayRenderer';
import { ReadModel } from './ReadModel';

// There is one for all repositories.
const RENDERING = { upstream: 'rendering', name: 'kustomize' };

/** Counts every request to an upstream. */
export function countRequests(metrics: MetricsService): {
  ofGithub(request: GithubRequest): void;
  /** A source that counts what it is asked. */
  counted(source: ApplicationSource): ApplicationSource;
  /** Commands that are counted. */
  countedCommands(commands: ApplicationCommands): ApplicationCommands;
  /** A registry that counts what it is asked, by what came of it. */
  countedRegistry(registry: AskedRegistry): AskedRegistry;
  /** A renderer that counts what it builds, by what came of it. */
  countedRenderer(renderer: OverlayRenderer): OverlayRenderer;
} {
  const requests = metrics.createCounter('gitops_upstream_requests_total', {
    description: 'Requests to GitHub, Argo CD and registries, and builds',
  });
  const ofArgocd = async <T>(operation: string, run: () => Promise<T>) => {
    let status = 'failed';
    try {
      const result = await run();
      status = 'ok';
      return result;
    } finally {
      requests.add(1, { upstream: 'argocd', operation, status });
    }
  };
  return {
    ofGithub: ({ operation, status }) =>
      requests.add(1, {
        upstream: 'github',
        operation,
        status: status === undefined ? 'failed' : `${status}`,
      }),
    counted: source => ({
      name: source.name,
      list: signal => ofArgocd('list', () => source.list(signal)),
      watch: (list, signal) => {
        requests.add(1, {
          upstream: 'argocd',
          operation: 'watch',
          status: 'begun',
        });
        return source.watch(list, signal);
      },
      troubles: (application, signal) =>
        ofArgocd('troubles', () => source.troubles(application, signal)),
      podImages: (application, signal) =>
        ofArgocd('pod-images', () => source.podImages(application, signal)),
      close: () => source.close(),
    }),
    countedCommands: commands => ({
      refresh: (application, mode, signal) =>
        ofArgocd('refresh', () => commands.refresh(application, mode, signal)),
      isRefreshing: (application, signal) =>
        ofArgocd('refreshing', () =>
          commands.isRefreshing(application, signal),
        ),
      sync: (application, requestedBy, signal) =>
        ofArgocd('sync', () => commands.sync(application, requestedBy, signal)),
      close: () => commands.close(),
    }),
    countedRegistry: registry => ({
      look: async (image, signal) => {
        const look = await registry.look(image, signal);
        requests.add(1, {
          upstream: 'registry',
          operation: 'look',
          status: look.state,
        });
        return look;
      },
      describe: async (image, digest, signal) => {
        const description = await registry.describe(image, digest, signal);
        requests.add(1, {
          upstream: 'registry',
          operation: 'describe',
          status: description.state,
        });
        return description;
      },
      close: () => registry.close(),
    }),
    countedRenderer: renderer => ({
      render: async (source, signal) => {
        const rendering = await renderer.render(source, signal);
        const [status] = Object.keys(rendering);
        requests.add(1, { upstream: 'kustomize', operation: 'build', status });
        return rendering;
      },
    }),
  };
}

/** Shows how the following of each upstream stands as metrics. Every process shows what it knows. */
export function exposeReadModel(
  metrics: MetricsService,
  readModel: ReadModel,
): void {
  const status = () => readModel.status(new Date());
  metrics
    .createObservableGauge('gitops_follower_lag_seconds', {
      description: 'Seconds since an upstream was last read with success',
      unit: 's',
    })
    .addCallback(result => {
      const { repositories, argocd, registries, rendering } = status();
      const lags = [
        ...repositories.map(({ url, lagSeconds }) => ({
          lagSeconds,
          attributes: { upstream: 'github', name: url },
        })),
        ...argocd.map(({ name, lagSeconds }) => ({
          lagSeconds,
          attributes: { upstream: 'argocd', name },
        })),
        ...registries.map(({ host, lagSeconds }) => ({
          lagSeconds,
          attributes: { upstream: 'registry', name: host },
        })),
        { lagSeconds: rendering?.lagSeconds, attributes: RENDERING },
      ];
      for (const { lagSeconds, attributes } of lags) {
        if (lagSeconds !== undefined) {
          result.observe(lagSeconds, attributes);
        }
      }
    });
  metrics
    .createObservableGauge('gitops_follower_failing', {
      description: '1 while the last look at an upstream failed',
    })
    .addCallback(result => {
      const { repositories, argocd, registries, rendering } = status();
      for (const { url, error } of repositories) {
        result.observe(error ? 1 : 0, { upstream: 'github', name: url });
      }
      for (const { name, error } of argocd) {
        result.observe(error ? 1 : 0, { upstream: 'argocd', name });
      }
      for (const { host, error } of registries) {
        result.observe(error ? 1 : 0, { upstream: 'registry', name: host });
      }
      if (rendering) {
        result.observe(rendering.error ? 1 : 0, RENDERING);
      }
    });
  metrics
    .createObservableGauge('gitops_github_rate_limit_remaining', {
      description: "Requests that GitHub's rate limit has left",
    })
    .addCallback(result => {
      for (const { url, rateLimit } of status().repositories) {
        if (rateLimit) {
          result.observe(rateLimit.remaining, { name: url });
        }
      }
    });
  metrics
    .createObservableGauge('gitops_github_rate_limit_reset_seconds', {
      description: "When GitHub's rate limit is whole again, since the epoch",
      unit: 's',
    })
    .addCallback(result => {
      for (const { url, rateLimit } of status().repositories) {
        if (rateLimit) {
          result.observe(Date.parse(rateLimit.resetAt) / 1000, { name: url });
        }
      }
    });
  metrics
    .createObservableGauge('gitops_snapshot_files_total', {
      description: 'Files of an infra repository that are known',
    })
    .addCallback(result => {
      for (const { url, files } of status().repositories) {
        result.observe(files, { name: url });
      }
    });
  metrics
    .createObservableGauge('gitops_applications_total', {
      description: 'Applications of an Argo CD instance that are known',
    })
    .addCallback(result => {
      for (const { name, applications } of status().argocd) {
        result.observe(applications, { name });
      }
    });
  metrics
    .createObservableGauge('gitops_overlays_total', {
      description: 'Overlays that are deployed, by whether they are rendered',
    })
    .addCallback(result => {
      const { rendering } = status();
      if (rendering) {
        const { overlays, waiting, unknown } = rendering;
        const rendered = overlays - waiting - unknown;
        for (const [state, count] of Object.entries({
          rendered,
          waiting,
          unknown,
        })) {
          result.observe(count, { state });
        }
      }
    });
}
