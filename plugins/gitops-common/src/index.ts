/**
 * The pure domain of the gitops plugins: reading and editing Kustomizations, environments, promotion plans, findings.
 *
 * @packageDocumentation
 */
export * from './annotations';
export * from './api/GitopsClient';
export * from './api/types';
export * from './findings/Finding';
export * from './permissions';
export * from './signals';
