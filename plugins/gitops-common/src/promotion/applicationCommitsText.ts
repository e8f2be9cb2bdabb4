import type { ApplicationCommits, CommitsBetween } from './applicationCommits';
import { inlineCode } from './markdown';

const MAX_TITLE_CHARACTERS = 120;

/**
 * The commits that come with a promotion, in Markdown. What commits say is text from outside: it is set as code, in which
 * GitHub finds no link, no mention, no HTML and no issue to close.
 */
export function applicationCommitsText(
  all: readonly ApplicationCommits[],
): string[] {
  return all.flatMap(application => {
    const { name, unknown, added, removed } = application;
    const heading = inlineCode(name);
    if (unknown !== undefined) {
      return [
        '',
        `Commits of ${heading} could not be listed: ${inlineCode(unknown)}`,
      ];
    }
    if (!added?.count && !removed?.count) {
      return [
        '',
        `Both versions of ${heading} are built from the same commit.`,
      ];
    }
    return [
      ...listText(`${heading} gains`, added, link('compare', application.url)),
      ...listText(
        `${heading} loses`,
        removed,
        link('compare', application.url),
      ),
    ];
  });
}

function listText(
  what: string,
  between: CommitsBetween | undefined,
  comparison: string,
): string[] {
  if (!between?.count) {
    return [];
  }
  const { count, commits } = between;
  const more = count - commits.length;
  return [
    '',
    `${what} ${count} ${count === 1 ? 'commit' : 'commits'} (${comparison}):`,
    '',
    ...commits.map(({ sha, title, author, url }) =>
      `- ${link(sha.slice(0, 7), url)} ${inlineCode(shorten(title))} ${
        author && `by ${inlineCode(author)}`
      }`.trimEnd(),
    ),
    ...(more > 0 ? [`- and ${more} more`] : []),
  ];
}

function shorten(title: string): string {
  const characters = [...title];
  return characters.length > MAX_TITLE_CHARACTERS
    ? `${characters.slice(0, MAX_TITLE_CHARACTERS - 1).join('')}…`
    : title;
}

// The text is our own; the address is one of the web, and cannot end the link.
function link(text: string, address: string | undefined): string {
  const url = address && URL.canParse(address) ? new URL(address) : undefined;
  return url && /^https?:$/.test(url.protocol)
    ? `[${text}](${url.href
        .replace(/\(/g, '%28')
        .replace(/\)/g, '%29')
        .replace(/\\/g, '%5C')})`
    : text;
}
