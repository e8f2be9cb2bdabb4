import { createTwoFilesPatch } from 'diff';
import type {
  PinChange,
  Promotion,
  PromotionPlan,
  PromotionSource,
  RepositoryRef,
  PromotionRef,
} from '../api/types';
import { EnvironmentFacts, treeFacts } from '../findings/EnvironmentFacts';
import type { Finding } from '../findings/Finding';
import type { FindingRule } from '../findings/FindingRule';
import { findingsOf } from '../findings/findings';
import { overlayLocation } from '../findings/evidence/location';
import { otherRevision } from './findings/otherRevision';
import { promotedTagMissing } from './findings/promotedTagMissing';
import { rolledBack } from './findings/rolledBack';
import { formatVersion, isValidVersion, parseVersion } from '../images';
import { editPins, PinEditError } from '../tree/editPins';
import type { ImagePin } from '../tree/kustomization';
import { blockingFindings } from './blocking';
import type { MergedChange } from './goesBack';
import { PinMoves, pinMoves, quotesPin, withVersion } from './pins';
import { PullRequestTemplates } from './pullRequestTemplate';
import {
  pullRequestBody,
  pullRequestTitle,
  shortCommit,
} from './pullRequestText';

/** Lines around a change in a diff. */
const DIFF_CONTEXT_LINES = 3;

/** What a plan is made from: where the versions come from, exactly one of four, and where they go. @public */
export interface PlanInput {
  service: string;
  /** At the head of the deployed branch, which the promotion changes. */
  repository: RepositoryRef;
  /** The environment that has the versions, with the overlay that it deploys. */
  from?: EnvironmentFacts;
  /** A version, as `parseVersion` reads it. */
  version?: string;
  /** An earlier state of the target's overlay. */
  rollbackTo?: EarlierState;
  /** What was planned before, to be done on the overlay as it is now: with those versions, whatever its source has by now. */
  again?: PromotionSource & Pick<Promotion, 'changes' | 'undoes'>;
  to: EnvironmentFacts;
  /** What was merged into the target before, newest first. */
  merged?: readonly MergedChange[];
  /** Names of the pins to move; all that differ when absent. */
  images?: string[];
  templates?: PullRequestTemplates;
  /** The rules that findings are made by; those of this package when absent. */
  rules?: readonly FindingRule[];
}

/** What the target's overlay pinned at a commit, and the promotions since then. @public */
export interface EarlierState {
  commit: string;
  pins: ImagePin[];
  /** Newest first. */
  undoes: PromotionRef[];
}

/** A file that a promotion writes. @public */
export interface PlannedEdit {
  path: string;
  /** Its whole new text. */
  text: string;
  /** Whether it is executable, as it was before. */
  executable?: boolean;
}

/** A plan with the files it writes. @public */
export interface PlannedPromotion {
  /** No gate has been asked yet. */
  plan: Omit<PromotionPlan, 'gates'>;
  /** Empty when nothing changes or a finding blocks. */
  edits: PlannedEdit[];
}

/**
 * Plans a promotion: which pins of the target's overlay change, to what, with which bytes. The same input gives the
 * same plan.
 *
 * @public
 */
export function planPromotion(input: PlanInput): PlannedPromotion {
  const { service, repository } = input;
  // What only the cluster has says nothing about the trees.
  const from = input.from && treeFacts(input.from);
  const target = treeFacts(input.to);
  const to = target.declared.environment;
  const source = sourceOf(input, target);
  // The step between two environments says why it is blocked; what a person names may quote the tag.
  const quotes = source.named.from === undefined;

  const moves = pinMoves(source.pins, target.overlay.pins, {
    chosen: input.images,
    quotes,
  });
  const changes = located(moves, target);
  const findings = [
    ...(from ? findingsOf(from, input.rules) : []),
    ...findingsOf(quotes ? quoted(target, changes) : target, input.rules),
    ...otherRevision(target, repository),
    ...changeFindings(changes, source, target),
    ...promotedTagMissing(changes, input.to.registry),
    ...rolledBack(changes, to, input.merged ?? []),
  ];

  let edits: PlannedEdit[] = [];
  if (blockingFindings(findings).length === 0 && changes.length > 0) {
    try {
      const { path, text = '' } = target.overlay;
      edits = [
        {
          path,
          text: editPins(
            text,
            changes.map(({ name, after }) => ({ name, version: after })),
          ),
          ...(target.snapshot?.executable?.has(path) && { executable: true }),
        },
      ];
    } catch (error) {
      if (!(error instanceof PinEditError)) {
        throw error;
      }
      findings.push(notEditable(error.message, target));
    }
  }

  const about = {
    ...source.named,
    service,
    to,
    changes,
    undoes: takenBack(source.undoes, changes, input.merged),
  };
  return {
    plan: {
      ...about,
      repository,
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
      title: pullRequestTitle(about, input.templates?.title),
      body: pullRequestBody(about, undefined, input.templates?.body),
    },
    edits,
  };
}

// Where not every pin goes back, what moved only the others stands.
function takenBack(
  undoes: PromotionRef[] = [],
  changes: PinChange[],
  merged: readonly MergedChange[] = [],
): PromotionRef[] | undefined {
  const moved = new Set(changes.map(({ name }) => name));
  const taken = undoes.filter(({ id }) => {
    const promotion = merged.find(candidate => candidate.id === id);
    return !promotion || promotion.changes.some(({ name }) => moved.has(name));
  });
  return taken.length > 0 ? taken : undefined;
}

/** Where the versions come from, whichever of the four it is. */
interface PlanSource {
  named: PromotionSource;
  /** What it is called in a sentence. */
  name: string;
  pins: (Pick<ImagePin, 'name' | 'image' | 'version'> &
    Partial<Pick<ImagePin, 'position'>>)[];
  /** The environment whose overlay has the pins, where they are in one. */
  facts?: EnvironmentFacts;
  undoes?: PromotionRef[];
}

function sourceOf(
  { from, version, rollbackTo, again }: PlanInput,
  target: EnvironmentFacts,
): PlanSource {
  if (again) {
    return {
      named: {
        from: again.from,
        version: again.version,
        rollbackTo: again.rollbackTo,
      },
      name: 'the promotion',
      pins: again.changes.map(({ name, image, after }) => ({
        name,
        image,
        version: after,
      })),
      undoes: again.undoes,
    };
  }
  if (from) {
    const name = from.declared.environment;
    return {
      named: { from: name },
      name,
      pins: from.overlay.pins,
      facts: from,
    };
  }
  if (rollbackTo) {
    const { commit, pins, undoes } = rollbackTo;
    return {
      named: { rollbackTo: commit },
      name: `${target.declared.environment} at ${shortCommit(commit)}`,
      pins,
      undoes,
    };
  }
  const wanted = parseVersion(version ?? '') ?? {};
  return {
    named: { version },
    name: 'the request',
    pins: target.overlay.pins.map(pin => ({ ...pin, version: wanted })),
  };
}

// The target as it is read afterwards. What Kustomize said, it said of the text before.
function quoted(
  target: EnvironmentFacts,
  changes: PinChange[],
): EnvironmentFacts {
  const { overlay } = target;
  const pins = overlay.pins.map(pin => {
    const change = changes.find(({ name }) => name === pin.name);
    return change && quotesPin(pin, change.after)
      ? withVersion(pin, change.after)
      : pin;
  });
  const isQuoted = pins.some((pin, index) => pin !== overlay.pins[index]);
  return isQuoted
    ? { ...target, overlay: { ...overlay, pins }, buildError: undefined }
    : target;
}

function located(moves: PinMoves, target: EnvironmentFacts): PinChange[] {
  return moves.changes.map(change => ({
    ...change,
    location: overlayLocation(target, pinOf(target, change.name)?.position),
  }));
}

function changeFindings(
  changes: PinChange[],
  source: PlanSource,
  target: EnvironmentFacts,
): Finding[] {
  return changes.flatMap((change): Finding[] => {
    const from = source.pins.find(({ name }) => name === change.name);
    if (!isValidVersion(change.after)) {
      return [
        notEditable(
          `${source.name} pins ${change.name} at ${formatVersion(
            change.after,
          )}, which is no valid tag or digest`,
          source.facts ?? target,
          source.facts && from,
        ),
      ];
    }
    return from && from.image !== change.image
      ? [
          {
            code: 'image-name-differs',
            severity: 'warning',
            what: `${change.name} is ${from.image} in ${source.name} and ${change.image} in ${target.declared.environment}.`,
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
  pin?: Partial<Pick<ImagePin, 'position'>>,
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
