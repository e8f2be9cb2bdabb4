import type { ApplicationStatus } from '../../argocd/ApplicationStatus';
import type { EnvironmentFacts } from '../EnvironmentFacts';
import type { Diagnosis } from '../Finding';
import type { FindingRule } from '../FindingRule';
import { imageOverrides } from '../evidence/imageOverrides';
import {
  fileLocation,
  manifestLocation,
  overlayLocation,
} from '../evidence/location';
import { sourceOverrides } from '../evidence/sourceOverrides';

/**
 * Git is the source of what is deployed; here the Application in the cluster has another source or an image of its own,
 * and promotions do not arrive.
 */
export const overriddenOutsideGit: FindingRule = {
  code: 'overridden-outside-git',
  check(facts) {
    return [...otherSource(facts), ...ownImages(facts)];
  },
};

function otherSource(facts: EnvironmentFacts): Diagnosis[] {
  const { declared, status } = facts;
  const overrides = sourceOverrides(facts);
  if (overrides.length === 0) {
    return [];
  }
  const said = (of: 'inGit' | 'inCluster') =>
    overrides.map(({ field, [of]: value }) => `${field} ${value}`).join(', ');
  const [{ field }] = overrides;
  const { path, line } = declared.location;
  return [
    {
      severity: 'error',
      what: `The Application ${declared.name} does not deploy what Git says: its source in the cluster is another one.`,
      why: `${path} says ${said('inGit')}; the cluster has ${said(
        'inCluster',
      )}.`,
      fix: 'Apply the manifest again, as with `kubectl apply -k bootstrap`; where what the cluster has is meant, write it into the manifest.',
      evidence: `${status?.namespace}/${status?.name}: ${said('inCluster')}`,
      where:
        field === 'path'
          ? fileLocation(facts, path, { line, column: 1 })
          : manifestLocation(facts, field),
    },
  ];
}

function ownImages(facts: EnvironmentFacts): Diagnosis[] {
  const { declared, status, overlay } = facts;
  const { field, option } = sourceOf(status);
  return imageOverrides(facts)
    .filter(({ inGit }) => !inGit)
    .map(({ written, name }) => ({
      severity: 'error',
      what: `${name} does not follow Git: it is set in the cluster.`,
      why: `${field}.kustomize.images of the Application ${declared.name} has ${written}, which wins over the overlay.`,
      fix: `Remove the override: \`argocd app unset ${declared.name}${option} --kustomize-image ${name}\`. Then promote the version that should run.`,
      evidence: `${status?.namespace}/${status?.name}: ${written}`,
      where: overlayLocation(
        facts,
        overlay.pins.find(pin => pin.name === name)?.position,
      ),
    }));
}

// Of several sources the command changes none unless it is told which; it counts from 1.
function sourceOf(status: ApplicationStatus | undefined): {
  field: string;
  option: string;
} {
  const { sources = [], repoURL, path } = status ?? {};
  if (sources.length < 2) {
    return { field: 'spec.source', option: '' };
  }
  const index = sources.findIndex(
    source => source.repoURL === repoURL && source.path === path,
  );
  return {
    field: `spec.sources[${index}]`,
    option: ` --source-position ${index + 1}`,
  };
}
