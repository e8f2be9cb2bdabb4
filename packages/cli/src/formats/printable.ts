/**
 * A line as it can be shown to a person: a file could hold what a terminal takes for a command, and a tab would move what is
 * marked.
 *
 * @param isInActions - it becomes a line in the log of GitHub Actions, which takes what looks like a workflow command for
 * one: `::` after blanks, and `##[` anywhere
 */
export function printable(line: string, isInActions: boolean): string {
  const shown = line
    .replace(/\t/g, ' ')
    .replace(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, '\ufffd');
  return isInActions
    ? shown.replace(/^(\s*:)(?=:)/, '$1\u200b').replace(/##(?=\[)/g, '#\u200b#')
    : shown;
}
