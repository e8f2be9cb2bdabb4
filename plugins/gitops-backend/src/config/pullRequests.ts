import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import {
  BODY_NAMES,
  PullRequestTemplates,
  TITLE_NAMES,
  unknownNames,
} from '@gitops-infra/backstage-plugin-gitops-common';

const MERGE_METHODS = ['merge', 'squash', 'rebase'] as const;

/** How GitHub merges the pull request of a promotion. */
export type MergeMethod = (typeof MERGE_METHODS)[number];

/** What the pull request of a promotion looks like. */
export interface PullRequestSettings {
  templates: PullRequestTemplates;
  labels: string[];
  /** Logins. */
  reviewers: string[];
  /** Slugs. */
  teamReviewers: string[];
  draft: boolean;
}

/** Reads `gitops.promotions.mergeMethod`. */
export function readMergeMethod(gitops: Config | undefined): MergeMethod {
  const method = gitops?.getOptionalString('promotions.mergeMethod') ?? 'merge';
  const known = MERGE_METHODS.find(candidate => candidate === method);
  if (!known) {
    throw new InputError(
      `gitops.promotions.mergeMethod: ${method} is none; give one of ${MERGE_METHODS.join(
        ', ',
      )}`,
    );
  }
  return known;
}

/** Reads `gitops.promotions.pullRequest`. */
export function readPullRequest(
  config: Config | undefined,
): PullRequestSettings {
  return {
    templates: {
      title: readTemplate(config, 'titleTemplate', TITLE_NAMES),
      body: readTemplate(config, 'bodyTemplate', BODY_NAMES),
    },
    labels: config?.getOptionalStringArray('labels') ?? [],
    reviewers: config?.getOptionalStringArray('reviewers') ?? [],
    teamReviewers: config?.getOptionalStringArray('teamReviewers') ?? [],
    draft: config?.getOptionalBoolean('draft') ?? false,
  };
}

function readTemplate(
  config: Config | undefined,
  key: string,
  names: readonly string[],
): string | undefined {
  const template = config?.getOptionalString(key);
  const [unknown] = unknownNames(template ?? '', names);
  if (unknown !== undefined) {
    throw new InputError(
      `gitops.promotions.pullRequest.${key}: {{${unknown}}} is not known; there are ${names
        .map(name => `{{${name}}}`)
        .join(', ')}`,
    );
  }
  return template;
}
