/**
 * The pure domain of the gitops plugins: reading and editing Kustomizations, environments, promotion plans, findings.
 *
 * @packageDocumentation
 */
export * from './annotations';
export * from './api/GitopsClient';
export * from './api/types';
export * from './argocd/ApplicationStatus';
export * from './argocd/labelSelector';
export * from './argocd/comparedSinceOperation';
export * from './argocd/podImages';
export * from './argocd/podTroubles';
export * from './argocd/syncOperation';
export * from './environments/environments';
export * from './environments/serviceReference';
export * from './environments/topology';
export * from './findings/EnvironmentFacts';
export * from './findings/Finding';
export * from './findings/FindingRule';
export * from './findings/findings';
export * from './findings/hosts';
export { FINDING_RULES } from './findings/rules';
export { overlayLocation } from './findings/evidence/location';
export * from './findings/treeFindings';
export * from './history/commitsTouching';
export * from './history/earlierStates';
export * from './history/RevisionDistance';
export * from './images';
export * from './permissions';
export * from './promotion/applicationCommits';
export * from './promotion/arrival';
export * from './promotion/blocking';
export * from './promotion/branches';
export * from './promotion/durations';
export * from './promotion/gates/allowedGroups';
export * from './promotion/gates/freezeWindows';
export * from './promotion/gates/decideGates';
export * from './promotion/gates/noBlockingFinding';
export * from './promotion/gates/policy';
export * from './promotion/gates/PromotionGate';
export * from './promotion/gates/sourceHealthy';
export * from './promotion/gates/tagExists';
export * from './promotion/failure';
export * from './promotion/goesBack';
export * from './promotion/hindrance';
export * from './promotion/mergedChanges';
export * from './promotion/pins';
export * from './promotion/plan';
export * from './promotion/pullRequestTemplate';
export * from './promotion/pullRequestText';
export * from './promotion/states';
export * from './repository';
export * from './signals';
export * from './tree/applications';
export { editPins, PinEditError } from './tree/editPins';
export type { PinEdit } from './tree/editPins';
export * from './tree/followed';
export * from './tree/InfraSnapshot';
export { readKustomization } from './tree/kustomization';
export type {
  ImagePin,
  Kustomization,
  KustomizationProblem,
  KustomizationReading,
  Position,
  VersionField,
} from './tree/kustomization';
export { readOverlay } from './tree/overlay';
export type { OverlayReading } from './tree/overlay';
export { readBases } from './tree/overlayBases';
export type { DanglingEntry, OverlayBases } from './tree/overlayBases';
export * from './tree/overlayInputs';
export * from './tree/paths';
export * from './tree/renderInputs';
