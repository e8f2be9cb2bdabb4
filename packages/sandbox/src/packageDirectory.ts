import path from 'node:path';

/** Where this package is. It is run from its sources and never built, so they are where they were. */
// eslint-disable-next-line no-restricted-syntax
export const PACKAGE_DIRECTORY = path.resolve(__dirname, '..');
