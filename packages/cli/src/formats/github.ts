import type { Report } from './formats';

const COMMANDS = { error: 'error', warning: 'warning', info: 'notice' };

/** Workflow commands, which GitHub Actions shows as annotations on the lines of a pull request. */
export function github({
  findings,
  fromRepository,
}: Pick<Report, 'findings' | 'fromRepository'>): string {
  return findings
    .map(({ code, severity, what, why, fix, where }) => {
      const properties: [string, string | number | undefined][] = [
        ['file', where && fromRepository(where.path)],
        ['line', where?.line],
        ['col', where?.column],
        ['title', code],
      ];
      const written = properties
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => `${name}=${property(String(value))}`);
      return `::${COMMANDS[severity]} ${written.join(',')}::${message(
        `${what} ${why} ${fix}`,
      )}\n`;
    })
    .join('');
}

// A line break, or a comma in a path, would begin something else, and so would another control character in a terminal.
function message(text: string): string {
  return text
    .replace(/%/g, '%25')
    .replace(/\r/g, '%0D')
    .replace(/\n/g, '%0A')
    .replace(/\p{Cc}/gu, '\ufffd');
}

function property(text: string): string {
  return message(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}
