import type { PinChange } from '../api/types';
import { formatVersion } from '../images';

/** Trailer that ties a commit and a pull request to the promotion that made them. @public */
export const PROMOTION_TRAILER = 'Gitops-Promotion';

/** `promote(demo): local → stage, 1.4.1 → 1.4.2`; with several pins, each by name. @public */
export function pullRequestTitle(
  service: string,
  from: string,
  to: string,
  { changes }: { changes: PinChange[] },
): string {
  const versions = changes.map(change => {
    const move = `${formatVersion(change.before)} → ${formatVersion(
      change.after,
    )}`;
    return changes.length === 1 ? move : `${change.name} ${move}`;
  });
  return oneLine(
    [`promote(${service}): ${from} → ${to}`, ...versions].join(', '),
  );
}

/** What a promotion's pull request is about. @public */
export interface PullRequestText {
  service: string;
  from: string;
  to: string;
  changes: PinChange[];
}

/** The pull request's description: what changes, and in the opened one who asked and where to follow it. @public */
export function pullRequestBody(
  { service, from, to, changes }: PullRequestText,
  opened?: {
    id: string;
    requestedBy: string;
    pageUrl: string;
    /** Titles that it had before it was updated, oldest first. */
    earlier?: string[];
  },
): string {
  const rows = changes.map(
    ({ name, image, before, after }) =>
      `| ${[name, image, fullVersion(before), fullVersion(after)]
        .map(tableCode)
        .join(' | ')} |`,
  );
  return [
    `Promotes **${service}** from \`${from}\` to \`${to}\`. Merging deploys it: Argo CD follows this branch.`,
    '',
    '| Image | Runs as | Now | After |',
    '| --- | --- | --- | --- |',
    ...rows,
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
          '',
          `${PROMOTION_TRAILER}: ${opened.id}`,
        ]
      : []),
  ].join('\n');
}

/** The message of a promotion's one commit: the title, who asked, and the promotion's id. @public */
export function promotionCommitMessage(
  title: string,
  opened: { id: string; requestedBy: string },
): string {
  return [
    title,
    '',
    `Requested-by: ${opened.requestedBy}`,
    `${PROMOTION_TRAILER}: ${opened.id}`,
  ].join('\n');
}

// Pins are text from a file: a line break in one must not start a trailer, a backtick or a bar must not end its cell.
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}

function tableCode(text: string): string {
  return inlineCode(text).replace(/\|/g, '\\|');
}

function inlineCode(text: string): string {
  return `\`${oneLine(text).replace(/`/g, "'")}\``;
}

function fullVersion({ tag, digest }: PinChange['before']): string {
  return [tag, digest].filter(Boolean).join('@') || 'latest';
}
