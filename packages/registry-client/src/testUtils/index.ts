/**
 * Registries and images for tests.
 *
 * @packageDocumentation
 */
export * from './DockerRegistry';
export * from './imageBuilding';
export * from './privateCa';
export * from './ScriptedRegistry';
