import type { Report } from './formats';

/** `{findings: [{code, severity, message, file, line, column, fix}]}`; what is not known is null. */
export function json({ findings }: Pick<Report, 'findings'>): string {
  return `${JSON.stringify(
    {
      findings: findings.map(({ code, severity, what, why, fix, where }) => ({
        code,
        severity,
        message: `${what} ${why}`,
        file: where?.path ?? null,
        line: where?.line ?? null,
        column: where?.column ?? null,
        fix,
      })),
    },
    undefined,
    2,
  )}\n`;
}
