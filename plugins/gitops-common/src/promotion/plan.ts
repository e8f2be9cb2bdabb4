import { createTwoFilesPatch } from 'diff';
import { sha256 } from '@noble/hashes/sha256';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import type { PinChange, PromotionPlan, RepositoryRef } from '../api/types';
import { EnvironmentFacts, treeFacts } from '../findings/EnvironmentFacts';
import type { Finding } from '../findings/Finding';
import { findingsOf } from '../findings/findings';
import { overlayLocation } from '../findings/rules/location';
import { otherRevision } from '../findings/rules/otherRevision';
import { promotedTagMissing } from '../findings/rules/promotedTagMissing';
import { formatVersion, isValidVersion } from '../images';
import { editPins, PinEditError } from '../tree/editPins';
import type { ImagePin } from '../tree/kustomization';
import { PinMoves, pinMoves } from './pins';
import { pullRequestBody, pullRequestTitle } from './pullRequestText';

/** Lines around a change in a diff. */
const DIFF_CONTEXT_LINES = 3;

/** What a plan is made from: two environments, each with the overlay that it deploys. @public */
export interface PlanInput {
  service: string;
  /** At the head of the deployed branch, which the promotion changes. */
  repository: RepositoryRef;
  from: EnvironmentFacts;
  to: EnvironmentFacts;
  /** Names of the pins to move; all that differ when absent. */
  images?: string[];
}

/** A plan with the files it writes. @public */
export interface PlannedPromotion {
  plan: PromotionPlan;
  /** Whole new text by path; empty when nothing changes or a finding blocks. */
  edits: { path: string; text: string }[];
}

/**
 * Plans a promotion: which pins of the target's overlay change, to what, with which bytes. The same input gives the
 * same plan, down to the branch's name.
 *
 * @public
 */
export function planPromotion(input: PlanInput): PlannedPromotion {
  const { service, repository } = input;
  // What only the cluster has says nothing about the trees.
  const source = treeFacts(input.from);
  const target = treeFacts(input.to);
  const from = source.declared.environment;
  const to = target.declared.environment;
  const findings = [
    ...findingsOf(source),
    ...findingsOf(target),
    ...otherRevision(target, repository),
  ];

  const moves = pinMoves(
    source.overlay.pins,
    target.overlay.pins,
    input.images,
  );
  const changes = located(moves, target);
  findings.push(
    ...changeFindings(changes, source, target),
    ...promotedTagMissing(changes, input.to.registry),
  );

  let edits: PlannedPromotion['edits'] = [];
  if (!blocks(findings) && changes.length > 0) {
    try {
      edits = [
        {
          path: target.overlay.path,
          text: editPins(
            target.overlay.text ?? '',
            changes.map(({ name, after }) => ({ name, version: after })),
          ),
        },
      ];
    } catch (error) {
      if (!(error instanceof PinEditError)) {
        throw error;
      }
      findings.push(notEditable(error.message, target));
    }
  }

  const title = pullRequestTitle(service, from, to, { changes });
  return {
    plan: {
      service,
      from,
      to,
      repository,
      changes,
      skipped: moves.skipped,
      files: edits.map(({ path, text }) => ({
        path,
        diff: createTwoFilesPatch(
          `a/${path}`,
          `b/${path}`,
          target.overlay.text ?? '',
          text,
          undefined,
          undefined,
          { context: DIFF_CONTEXT_LINES },
        ),
      })),
      findings,
      title,
      body: pullRequestBody({
        service,
        from,
        to,
        changes,
      }),
      branch: promotionBranch(input, changes),
    },
    edits,
  };
}

/** Whether findings stop a promotion. @public */
export function blocks(findings: Finding[]): boolean {
  return findings.some(finding => finding.severity === 'error');
}

// A function of service, target and content, so that the same request is the same branch.
function promotionBranch(
  { service, repository, to }: PlanInput,
  changes: PinChange[],
): string {
  const content = JSON.stringify([
    repository.slug,
    to.declared.overlayPath,
    changes.map(change => [change.name, change.before, change.after]),
  ]);
  const hash = bytesToHex(sha256(utf8ToBytes(content))).slice(0, 12);
  return `gitops/promote/${service}/${to.declared.environment}/${hash}`;
}

function located(moves: PinMoves, target: EnvironmentFacts): PinChange[] {
  return moves.changes.map(change => ({
    ...change,
    location: overlayLocation(target, pinOf(target, change.name)?.position),
  }));
}

function changeFindings(
  changes: PinChange[],
  source: EnvironmentFacts,
  target: EnvironmentFacts,
): Finding[] {
  return changes.flatMap((change): Finding[] => {
    if (!isValidVersion(change.after)) {
      return [
        notEditable(
          `${source.declared.environment} pins ${
            change.name
          } at ${formatVersion(change.after)}, which is no valid tag or digest`,
          source,
          pinOf(source, change.name),
        ),
      ];
    }
    const from = pinOf(source, change.name);
    return from && from.image !== change.image
      ? [
          {
            code: 'image-name-differs',
            severity: 'warning',
            what: `${change.name} is ${from.image} in ${source.declared.environment} and ${change.image} in ${target.declared.environment}.`,
            why: 'The two overlays rename the image differently; only the version is promoted.',
            fix: `Make sure that ${change.image} has ${formatVersion(
              change.after,
            )} before merging.`,
            where: change.location,
          },
        ]
      : [];
  });
}

function notEditable(
  why: string,
  facts: EnvironmentFacts,
  pin?: ImagePin,
): Finding {
  return {
    code: 'pin-not-editable',
    severity: 'error',
    what: 'The version cannot be written without changing something else.',
    why,
    fix: `Edit ${facts.overlay.path} by hand in a pull request of your own.`,
    where: overlayLocation(facts, pin?.position),
  };
}

function pinOf(facts: EnvironmentFacts, name: string): ImagePin | undefined {
  return facts.overlay.pins.find(pin => pin.name === name);
}
