import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ownFiles } from '../../__testUtils__/tree';
import type { FindingRule } from '../FindingRule';
import { FINDING_RULES } from '.';

const FILES = readdirSync(__dirname).filter(
  name => !/(^index|\.test)\.ts$/.test(name),
);

const codeOf = (file: string) =>
  file
    .replace('.ts', '')
    .replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);

describe('FINDING_RULES', () => {
  it('are what the files of this folder have, one each', () => {
    expect(FINDING_RULES.map(({ code }) => code).sort()).toEqual(
      FILES.map(codeOf).sort(),
    );
  });

  it.each(FILES)('%s has its rule, a test and a page', file => {
    const rules: FindingRule[] = Object.values(
      jest.requireActual(join(__dirname, file)),
    );
    expect(
      rules
        .filter(rule => FINDING_RULES.includes(rule))
        .map(({ code }) => code),
    ).toEqual([codeOf(file)]);
    expect(existsSync(join(__dirname, file.replace('.ts', '.test.ts')))).toBe(
      true,
    );
    expect(Object.keys(ownFiles('docs/findings'))).toContain(
      `docs/findings/${codeOf(file)}.md`,
    );
  });
});
