import type {
  Finding,
  SourceLocation,
} from '@gitops-infra/backstage-plugin-gitops-common';
import type { Report } from './formats';
import { printable } from './printable';

const LINES_BEFORE = 2;
const MAX_LINE_CHARACTERS = 160;

/** For a person at a terminal, as a compiler tells it: place, what is wrong, the lines, why, and what to do. */
export function human({
  findings,
  environments,
  textOf,
  isInActions,
}: Omit<Report, 'fromRepository'>): string {
  const told = findings.map(finding =>
    [
      headline(finding),
      `  ${finding.what}`,
      ...excerpt(finding.where, textOf),
      `  why: ${finding.why}`,
      `  fix: ${finding.fix}`,
      ...(finding.evidence ?? '')
        .split('\n')
        .filter(line => line !== '')
        .map(line => `  | ${line}`),
    ]
      .map(line => printable(line, isInActions))
      .join('\n'),
  );
  return `${[...told, summary(findings, environments)].join('\n\n')}\n`;
}

function headline({ code, severity, where }: Finding): string {
  const place = [where?.path, where?.line, where?.column].filter(
    part => part !== undefined,
  );
  return [...place, ` ${severity} ${code}`].join(':').trimStart();
}

function excerpt(
  where: SourceLocation | undefined,
  textOf: Report['textOf'],
): string[] {
  const lines = where && textOf(where.path)?.split(/\r?\n/);
  if (!lines || where.line === undefined || where.line > lines.length) {
    return [];
  }
  const { line: last, column } = where;
  const width = String(last).length;
  const shown = lines
    .slice(Math.max(0, last - 1 - LINES_BEFORE), last)
    .map((text, index, { length }) => {
      const line = last - length + 1 + index;
      return `  ${String(line).padStart(width)} | ${cut(text)}`;
    });
  const mark =
    column !== undefined && column <= MAX_LINE_CHARACTERS
      ? [`  ${' '.repeat(width)} | ${' '.repeat(column - 1)}^`]
      : [];
  return [...shown, ...mark];
}

function cut(line: string): string {
  return line.length > MAX_LINE_CHARACTERS
    ? `${line.slice(0, MAX_LINE_CHARACTERS)}…`
    : line;
}

function summary(findings: Finding[], environments: number): string {
  const count = (severity: Finding['severity'], word: string) => {
    const { length } = findings.filter(
      finding => finding.severity === severity,
    );
    return length === 0 ? [] : [plural(length, word)];
  };
  const counts = [
    ...count('error', 'error'),
    ...count('warning', 'warning'),
    ...count('info', 'note'),
  ];
  return `${counts.join(', ') || 'Nothing wrong'} in ${plural(
    environments,
    'environment',
  )}.`;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
