import { createApp } from '@backstage/frontend-defaults';
import catalogPlugin from '@backstage/plugin-catalog/alpha';

/**
 * The app: the catalog, and every plugin among this package's dependencies, which `app.packages: all` in the
 * configuration discovers. Without a sign-in page of its own, Backstage offers guest sign-in.
 */
export const app = createApp({ features: [catalogPlugin] });
