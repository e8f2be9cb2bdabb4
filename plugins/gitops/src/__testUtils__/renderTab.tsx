import type { Entity } from '@backstage/catalog-model';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import {
  EntityProvider,
  entityRouteRef,
} from '@backstage/plugin-catalog-react';
import { signalApiRef } from '@backstage/plugin-signals-react';
import type { SignalApi } from '@backstage/plugin-signals-react';
import type { GitopsApi } from '@gitops-infra/backstage-plugin-gitops-common';
import userEvent from '@testing-library/user-event';
import { EntityEnvironmentsTab } from '../components/EnvironmentsTab';
import { environmentPodsApiRef } from '../environmentPodsApiRef';
import type { EnvironmentPodsApi } from '../environmentPodsApiRef';
import { gitopsApiRef } from '../gitopsApiRef';
import { environmentsRouteRef } from '../routes';
import { DEMO_ENTITY, pass } from './renderCard';
import { NOW } from './responses';

/** Address of the tab of `DEMO_ENTITY`. */
export const TAB = '/catalog/default/component/demo/environments';

/**
 * The environments tab of `DEMO_ENTITY`, at `NOW`, with fake timers: nothing passes unless a test says so.
 * Needs `jest.useFakeTimers` to be undone afterwards.
 *
 * @param address - below the tab's
 */
export async function renderTab(
  api: Partial<GitopsApi>,
  options: {
    address?: string;
    signals?: SignalApi;
    entity?: Entity;
    pods?: EnvironmentPodsApi;
  } = {},
) {
  const { address = '', signals, entity = DEMO_ENTITY, pods } = options;
  jest.useFakeTimers({ now: new Date(NOW) });
  const user = userEvent.setup({ advanceTimers: jest.advanceTimersByTime });
  const view = renderInTestApp(
    <EntityProvider entity={entity}>
      <EntityEnvironmentsTab />
    </EntityProvider>,
    {
      apis: [
        [gitopsApiRef, api],
        ...(signals ? [[signalApiRef, signals] as const] : []),
        ...(pods ? [[environmentPodsApiRef, pods] as const] : []),
      ],
      mountPath: TAB,
      initialRouteEntries: [`${TAB}${address}`],
      mountedRoutes: {
        [TAB]: environmentsRouteRef,
        '/catalog/:namespace/:kind/:name': entityRouteRef,
      },
    },
  );
  // The environments, then the page.
  await pass(0);
  await pass(0);
  return { user, view };
}
