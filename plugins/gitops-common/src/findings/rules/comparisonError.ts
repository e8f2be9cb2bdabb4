import type { EnvironmentFacts } from '../EnvironmentFacts';
import type { Diagnosis } from '../Finding';
import type { FindingRule } from '../FindingRule';
import type { Position } from '../../tree/kustomization';
import type { OverlayBases } from '../../tree/overlayBases';
import {
  buildError,
  otherComparisonError,
  specErrors,
} from '../evidence/comparison';
import { fileLocation } from '../evidence/location';
import { tagNotString } from './tagNotString';

const WHAT = 'The overlay does not build, so Argo CD keeps the old version.';

const NO_BASES: OverlayBases = {
  bases: [],
  dangling: [],
  isSelfContained: true,
};

/**
 * The overlay does not build: by our own reading of it and of what it is built on, by Argo CD's, or by both. Or Argo CD
 * cannot compare for a reason that only its own words give, or does not accept the Application.
 */
export const comparisonError: FindingRule = {
  code: 'comparison-error',
  check(facts) {
    return [
      ...notBuilding(facts),
      ...notChecked(facts),
      ...notComparing(facts),
      ...notAccepted(facts),
    ];
  },
};

function notBuilding(facts: EnvironmentFacts): Diagnosis[] {
  const message = buildError(facts);
  const faults = faultsOf(facts);
  if (faults.length > 0) {
    return faults.map(fault => ({
      severity: 'error',
      what: WHAT,
      why: fault.message,
      fix: fault.position
        ? 'Correct the line and push it to the deployed branch.'
        : 'Run `kustomize build` on the overlay, correct what it names and push it to the deployed branch.',
      evidence: message,
      where: fileLocation(facts, fault.path, fault.position),
    }));
  }
  // An unquoted tag has a finding of its own, which says more.
  const explained = tagNotString
    .check(facts)
    .some(({ severity }) => severity === 'error');
  return message && !explained
    ? [
        {
          severity: 'error',
          what: WHAT,
          why: facts.buildError
            ? 'Kustomize cannot render the manifests.'
            : 'Argo CD could not render the manifests.',
          fix: `Run \`kustomize build\` on the overlay, correct what it names and push it to the deployed branch.${
            facts.buildError
              ? ''
              : ` Where that is done already, refresh ${facts.declared.name}.`
          }`,
          evidence: message,
          where: fileLocation(facts, facts.overlay.path),
          command: facts.buildError ? undefined : 'refresh',
        },
      ]
    : [];
}

function notChecked({ declared, overlay }: EnvironmentFacts): Diagnosis[] {
  return overlay.unread === undefined
    ? []
    : [
        {
          severity: 'info',
          what: `Whether the overlay of ${declared.environment} builds could not be checked.`,
          why: `It was not read: ${overlay.unread}.`,
          fix: 'Nothing has to be changed; what Argo CD says of it is shown all the same.',
        },
      ];
}

// Nothing says that the overlay is at fault, so neither a promotion nor its arrival fails by it.
function notComparing(facts: EnvironmentFacts): Diagnosis[] {
  const { name } = facts.declared;
  const message = otherComparisonError(facts);
  return message
    ? [
        {
          severity: 'warning',
          what: `Argo CD cannot compare ${name} with Git, so nothing new is deployed.`,
          why: 'The evidence is its own message, which does not say that the overlay is at fault.',
          fix: `Correct what its message names, or ask whoever runs Argo CD to. Then refresh ${name}.`,
          evidence: message,
          command: 'refresh',
        },
      ]
    : [];
}

function notAccepted(facts: EnvironmentFacts): Diagnosis[] {
  const { name, project, location } = facts.declared;
  return specErrors(facts).map(message => ({
    severity: 'error',
    what: `Argo CD does not accept the Application ${name}, so it neither compares nor deploys it.`,
    why: 'Its specification is at odds with what there is in Argo CD, or with what its project permits; the evidence is the message.',
    fix: `Correct what the message names in ${
      location.path
    } and apply it, or have the project ${
      facts.status?.project ?? project
    } permit it. Then refresh ${name}.`,
    evidence: message,
    where: fileLocation(facts, location.path, {
      line: location.line,
      column: 1,
    }),
    command: 'refresh',
  }));
}

function faultsOf({
  overlay,
  bases: { bases, dangling } = NO_BASES,
}: EnvironmentFacts): { path: string; message: string; position?: Position }[] {
  return [
    ...[overlay, ...bases].flatMap(({ path, problem }) =>
      problem ? [{ path, ...problem }] : [],
    ),
    ...dangling,
  ];
}
