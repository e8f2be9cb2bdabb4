import type { Entity } from '@backstage/catalog-model';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import {
  EntityProvider,
  entityRouteRef,
} from '@backstage/plugin-catalog-react';
import { scmAuthApiRef } from '@backstage/integration-react';
import type { ScmAuthApi } from '@backstage/integration-react';
import { signalApiRef } from '@backstage/plugin-signals-react';
import type { SignalApi } from '@backstage/plugin-signals-react';
import type {
  EnvironmentsResponse,
  GitopsApi,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { ResponseError } from '@backstage/errors';
import { act, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { EntityEnvironmentsCard } from '../components/EnvironmentsCard';
import { gitopsApiRef } from '../gitopsApiRef';
import { environmentsRouteRef } from '../routes';
import { accepted, details, NOW, plan, promotion } from './responses';

/** A component of the catalog that names the service `demo`. */
export const DEMO_ENTITY: Entity = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: {
    name: 'demo',
    namespace: 'default',
    annotations: { 'gitops-infra.dev/service': 'demo' },
  },
  spec: { type: 'service', lifecycle: 'production', owner: 'demo-team' },
  relations: [{ type: 'ownedBy', targetRef: 'group:default/demo-team' }],
};

/** The backend, answering as a healthy one does until told otherwise. */
export function fakeGitopsApi(
  environments: EnvironmentsResponse,
): jest.Mocked<GitopsApi> {
  return {
    getEnvironments: jest.fn().mockResolvedValue(environments),
    getStatus: jest
      .fn()
      .mockResolvedValue({ repositories: [], argocd: [], registries: [] }),
    previewPromotion: jest.fn().mockResolvedValue({ plan: plan() }),
    promote: jest
      .fn()
      .mockResolvedValue({ plan: plan(), promotion: promotion() }),
    getEarlierStates: jest.fn(),
    refreshApplication: jest.fn().mockResolvedValue(accepted()),
    getRefresh: jest.fn().mockResolvedValue({ refreshing: false }),
    syncApplication: jest.fn().mockResolvedValue(accepted()),
    getPromotions: jest.fn().mockResolvedValue({ promotions: [] }),
    getPromotion: jest.fn().mockResolvedValue(details()),
    getPromotionTimeline: jest.fn().mockResolvedValue({ timeline: [] }),
    closePromotion: jest.fn().mockResolvedValue(promotion({ state: 'closed' })),
    getMergeGates: jest.fn().mockResolvedValue({ gates: [] }),
    mergePromotion: jest.fn().mockResolvedValue(promotion({ state: 'merged' })),
  };
}

/** A signals service whose signals a test sends. */
export class FakeSignals implements SignalApi {
  readonly #listeners = new Map<string, Set<(message: never) => void>>();

  subscribe(channel: string, onMessage: (message: never) => void) {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(onMessage));
    return { unsubscribe: () => listeners.delete(onMessage) };
  }

  async send(channel: string) {
    await act(async () => {
      this.#listeners
        .get(channel)
        ?.forEach(listener => listener({ changed: true } as never));
    });
  }
}

/** What the backend rejects with. */
export async function refusal(
  status: number,
  name: string,
  message: string,
): Promise<Error> {
  const body = JSON.stringify({
    error: { name, message },
    request: { method: 'GET', url: '/' },
    response: { statusCode: status },
  });
  const response = {
    ok: false,
    status,
    statusText: name,
    redirected: false,
    type: 'basic',
    url: 'http://localhost',
    headers: { get: () => 'application/json' },
    text: async () => body,
  };
  return ResponseError.fromResponse(response as never);
}

type TestConfig = NonNullable<Parameters<typeof renderInTestApp>[1]>['config'];

/** Moves the clock on, and lets what it set off come to rest. */
export async function pass(milliseconds: number) {
  await act(async () => {
    await jest.advanceTimersByTimeAsync(milliseconds);
  });
}

/** Whether the keyboard is in the dialog, where Escape closes it. */
export function hasFocusWithin(): boolean {
  return screen.getByRole('dialog').contains(document.activeElement);
}

/**
 * The card on the page of `DEMO_ENTITY`, at `NOW`, with fake timers: nothing passes unless a test says so.
 * Needs `jest.useFakeTimers` to be undone afterwards.
 */
export async function renderCard(
  api: Partial<GitopsApi>,
  options: {
    signals?: SignalApi;
    scmAuth?: ScmAuthApi;
    entity?: Entity;
    config?: TestConfig;
    /** Whether the page has the environments tab. */
    tab?: boolean;
  } = {},
) {
  jest.useFakeTimers({ now: new Date(NOW) });
  const user = userEvent.setup({ advanceTimers: jest.advanceTimersByTime });
  const apis: NonNullable<Parameters<typeof renderInTestApp>[1]>['apis'] = [
    [gitopsApiRef, api],
    ...(options.signals ? [[signalApiRef, options.signals] as const] : []),
    // One that is said to be undefined is none; the test app has one otherwise.
    ...('scmAuth' in options
      ? [[scmAuthApiRef, options.scmAuth!] as const]
      : []),
  ];
  const view = renderInTestApp(
    <EntityProvider entity={options.entity ?? DEMO_ENTITY}>
      <EntityEnvironmentsCard />
    </EntityProvider>,
    {
      apis,
      config: options.config,
      mountedRoutes: {
        '/catalog/:namespace/:kind/:name': entityRouteRef,
        ...(options.tab && {
          '/catalog/default/component/demo/environments': environmentsRouteRef,
        }),
      },
    },
  );
  await pass(0);
  return { user, view };
}
