/**
 * The shapes that travel over the HTTP API, described for other languages by the backend's `openapi.yaml`.
 * Times are ISO 8601 strings in UTC; revisions are full Git commit SHAs unless said otherwise.
 */
export * from './applications';
export * from './earlierStates';
export * from './environments';
export * from './freshness';
export * from './gates';
export * from './images';
export * from './pins';
export * from './promotionTimeline';
export * from './promotions';
export * from './repository';
export * from './status';
