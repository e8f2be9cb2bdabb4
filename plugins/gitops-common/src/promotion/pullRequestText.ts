import type {
  GateResult,
  PinChange,
  Promotion,
  PromotionSource,
} from '../api/types';
import { formatVersion, sameVersion, writeVersion } from '../images';
import { fillTemplate } from './pullRequestTemplate';
import type { ApplicationCommits } from './applicationCommits';
import { applicationCommitsText } from './applicationCommitsText';
import { inlineCode, oneLine, tableCode } from './markdown';

/** Trailer that ties a commit and a pull request to the promotion that made them. @public */
export const PROMOTION_TRAILER = 'Gitops-Promotion';

/** Trailer that names the commit that a rollback goes back to. @public */
export const ROLLBACK_TRAILER = 'Gitops-Rollback-To';

/** Trailer that names a promotion that a rollback takes back, by its id. @public */
export const UNDOES_TRAILER = 'Gitops-Undoes';

const PROMOTION_ID = new RegExp(`^${PROMOTION_TRAILER}: (\\S+)$`, 'm');
const SHORT_COMMIT_DIGITS = 7;

// What GitHub takes; it refuses what is longer.
const MAX_TITLE_CHARACTERS = 256;
const MAX_BODY_CHARACTERS = 65_536;

/** What a promotion's pull request is about. @public */
export type PullRequestText = PromotionSource &
  Pick<Promotion, 'service' | 'to' | 'changes' | 'undoes'>;

/** The same, with what its description says besides. @public */
export type PullRequestDescription = PullRequestText & {
  /** What comes with the versions, as far as it is known. */
  applicationCommits?: readonly ApplicationCommits[];
};

/**
 * `promote(demo): local → stage, 1.4.1 → 1.4.2`, `deploy(demo): stage, …` or `rollback(demo): stage, …`; with several
 * pins, each by name, or their number where they do not fit into the 256 characters that GitHub takes.
 *
 * @param template - another wording, with `TITLE_NAMES` in it
 * @public
 */
export function pullRequestTitle(
  text: PullRequestText,
  template = '{{title}}',
): string {
  const written = (versions: string[]) => [
    ...oneLine(fillTemplate(template, titleValues(text, versions))),
  ];
  const whole = written(versionsOf(text));
  const title =
    whole.length > MAX_TITLE_CHARACTERS
      ? written([`${text.changes.length} images`])
      : whole;
  return title.length > MAX_TITLE_CHARACTERS
    ? `${title.slice(0, MAX_TITLE_CHARACTERS - 1).join('')}…`
    : title.join('');
}

function versionsOf({ changes }: PullRequestText): string[] {
  return changes.map(change => {
    const move = sameVersion(change.before, change.after)
      ? `quote ${formatVersion(change.after)}`
      : `${formatVersion(change.before)} → ${formatVersion(change.after)}`;
    return changes.length === 1 ? move : `${change.name} ${move}`;
  });
}

function titleValues(text: PullRequestText, versions: string[]) {
  const { service, to } = text;
  return {
    title: [
      bySource(text, {
        from: from => `promote(${service}): ${from} → ${to}`,
        version: () => `deploy(${service}): ${to}`,
        rollbackTo: () => `rollback(${service}): ${to}`,
      }),
      ...versions,
    ].join(', '),
    service,
    source: bySource(text, {
      from: from => from,
      version: version => version,
      rollbackTo: shortCommit,
    }),
    target: to,
    versions: versions.join(', '),
  };
}

/**
 * The pull request's description: what changes, and in the opened one who asked and where to follow it. Its end is left out
 * where it is longer than GitHub takes; what the gates said and the trailers are there in any case.
 *
 * @param template - another wording, with `BODY_NAMES` in it
 * @public
 */
export function pullRequestBody(
  text: PullRequestDescription,
  opened?: {
    id: string;
    requestedBy: string;
    pageUrl: string;
    /** What the gates said when it was let through. */
    gates?: GateResult[];
    /** Titles that it had before it was updated, oldest first. */
    earlier?: string[];
  },
  template = '{{body}}',
): string {
  const values = Object.entries({
    ...titleValues(text, versionsOf(text)),
    requestedBy: opened?.requestedBy ?? '',
    page: opened?.pageUrl ?? '',
  }).map(([name, value]) => [name, oneLine(value)]);
  const about = fillTemplate(template, {
    ...Object.fromEntries(values),
    body: description(text, opened),
  });
  const end = opened
    ? ['', '', ...gateTable(opened.gates ?? []), ...trailers(text, opened.id)]
    : [];
  const rest = end.join('\n');
  return `${clipped(about, MAX_BODY_CHARACTERS - rest.length)}${rest}`;
}

// Whole lines, as long as they fit.
function clipped(text: string, length: number): string {
  if (text.length <= length) {
    return text;
  }
  const more = '\n\n…';
  const cut = text.slice(0, Math.max(0, length - more.length));
  return `${cut.slice(0, Math.max(0, cut.lastIndexOf('\n')))}${more}`;
}

function description(
  text: PullRequestDescription,
  opened?: { requestedBy: string; pageUrl: string; earlier?: string[] },
): string {
  const { service, to, changes, undoes = [], applicationCommits = [] } = text;
  const rows = changes.map(
    ({ name, image, before, after }) =>
      `| ${[name, image, fullVersion(before), fullVersion(after)]
        .map(tableCode)
        .join(' | ')} |`,
  );
  return [
    `${bySource(text, {
      from: from => `Promotes **${service}** from \`${from}\` to \`${to}\`.`,
      version: version =>
        `Deploys **${service}** ${inlineCode(version)} to \`${to}\`.`,
      rollbackTo: commit =>
        `Rolls **${service}** back in \`${to}\` to the versions that it had at \`${shortCommit(
          commit,
        )}\`.`,
    })} Merging deploys it: Argo CD follows this branch.`,
    '',
    '| Image | Runs as | Now | After |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...applicationCommitsText(applicationCommits),
    ...(undoes.length
      ? [
          '',
          'Takes back:',
          '',
          ...undoes.map(
            ({ title, pullRequest }) =>
              `- ${pullRequest ? `#${pullRequest.number} ` : ''}${inlineCode(
                title,
              )}`,
          ),
        ]
      : []),
    ...(opened
      ? [
          '',
          `Asked for by \`${opened.requestedBy}\` on [${service}'s page](${opened.pageUrl}).`,
          ...(opened.earlier?.length
            ? [
                '',
                'Updated; it was before:',
                '',
                ...opened.earlier.map(title => `- ${inlineCode(title)}`),
              ]
            : []),
        ]
      : []),
  ].join('\n');
}

/** The message of a promotion's one commit: the title, who asked, the promotion's id, and what a rollback takes back. @public */
export function promotionCommitMessage(
  promotion: Pick<
    Promotion,
    'id' | 'title' | 'requestedBy' | 'rollbackTo' | 'undoes'
  >,
): string {
  return [
    promotion.title,
    '',
    `Requested-by: ${promotion.requestedBy}`,
    ...trailers(promotion, promotion.id),
  ].join('\n');
}

/** The id of the promotion that a commit was made for, as its message says. @public */
export function promotionIdIn(message: string): string | undefined {
  return PROMOTION_ID.exec(message)?.[1];
}

/** One answer for each kind of source. @public */
export function bySource<T>(
  { from, version, rollbackTo }: PromotionSource,
  answers: {
    from: (environment: string) => T;
    version: (version: string) => T;
    rollbackTo: (commit: string) => T;
  },
): T {
  if (rollbackTo !== undefined) {
    return answers.rollbackTo(rollbackTo);
  }
  return version === undefined
    ? answers.from(from ?? '')
    : answers.version(version);
}

function trailers(
  { rollbackTo, undoes = [] }: Pick<Promotion, 'rollbackTo' | 'undoes'>,
  id: string,
): string[] {
  return [
    `${PROMOTION_TRAILER}: ${id}`,
    ...(rollbackTo === undefined ? [] : [`${ROLLBACK_TRAILER}: ${rollbackTo}`]),
    ...undoes.map(undone => `${UNDOES_TRAILER}: ${undone.id}`),
  ];
}

/** As many digits of a commit as people read. */
export function shortCommit(commit: string): string {
  return commit.slice(0, SHORT_COMMIT_DIGITS);
}

function gateTable(gates: GateResult[]): string[] {
  return gates.length === 0
    ? []
    : [
        '| Gate | | |',
        '| --- | --- | --- |',
        ...gates.map(
          ({ title, state, message, overridden }) =>
            `| ${tableCode(title)} | ${
              overridden ? '**overridden**' : state
            } | ${tableCode(message)} |`,
        ),
        '',
        ...gates.flatMap(({ title, overridden }) =>
          overridden
            ? [
                `${inlineCode(overridden.by)} overrode ${inlineCode(
                  title,
                )}: ${inlineCode(overridden.reason)}`,
                '',
              ]
            : [],
        ),
      ];
}

function fullVersion(version: PinChange['before']): string {
  return writeVersion(version) || 'latest';
}
