import type { Report } from './formats';

const LEVELS = { error: 'error', warning: 'warning', info: 'note' };

/** SARIF 2.1.0, as code scanning takes it: https://docs.oasis-open.org/sarif/sarif/v2.1.0 */
export function sarif({
  findings,
  fromRepository,
}: Pick<Report, 'findings' | 'fromRepository'>): string {
  const codes = [...new Set(findings.map(({ code }) => code))].sort();
  return `${JSON.stringify(
    {
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [
        {
          tool: {
            driver: { name: 'gitops-infra', rules: codes.map(id => ({ id })) },
          },
          results: findings.map(
            ({ code, severity, what, why, fix, where }) => ({
              ruleId: code,
              ruleIndex: codes.indexOf(code),
              level: LEVELS[severity],
              message: { text: `${what} ${why} ${fix}` },
              ...(where && {
                locations: [
                  {
                    physicalLocation: {
                      artifactLocation: {
                        uri: fromRepository(where.path)
                          .split('/')
                          .map(encodeURIComponent)
                          .join('/'),
                      },
                      ...(where.line && {
                        region: {
                          startLine: where.line,
                          startColumn: where.column,
                        },
                      }),
                    },
                  },
                ],
              }),
            }),
          ),
        },
      ],
    },
    undefined,
    2,
  )}\n`;
}
