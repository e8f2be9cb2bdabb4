import type { Finding } from '@gitops-infra/backstage-plugin-gitops-common';
import { github } from './github';
import { human } from './human';
import { json } from './json';
import { sarif } from './sarif';

/** What was found, for a format to tell. */
export interface Report {
  findings: Finding[];
  /** How many environments were looked at. */
  environments: number;
  /** The text of a file of the tree. */
  textOf(path: string): string | undefined;
  /** A path of the tree from the root of its repository, which code scanning and annotations want. */
  fromRepository(path: string): string;
  /** The output becomes a log of GitHub Actions. */
  isInActions: boolean;
}

/** The ways to tell what was found; each gives the whole text. */
export const FORMATS = { human, json, sarif, github };

export type Format = keyof typeof FORMATS;

export function isFormat(name: string): name is Format {
  return Object.hasOwn(FORMATS, name);
}
