import type { CommitRef, PinChange } from '../api/types';
import type { RegistryAnswer } from '../findings/EnvironmentFacts';
import {
  formatVersion,
  ImageFacts,
  imageReference,
  sameVersion,
} from '../images';
import { repositoryIdentity } from '../repository';

/** As many commits as a person reads of a change; the comparison has the others. @public */
export const MAX_APPLICATION_COMMITS = 10;

/** Commits of an application on one side of a comparison. @public */
export interface CommitsBetween {
  /** How many there are; where there are many, merges among them. */
  count: number;
  /** The newest of them, `MAX_APPLICATION_COMMITS` at most, newest first, without merges. */
  commits: CommitRef[];
}

/**
 * What an application's own repository has between the version that a pin has and the one that it gets. Titles and names are
 * text from outside.
 *
 * @public
 */
export interface ApplicationCommits {
  /** `images[].name` of the pin. */
  name: string;
  /** Why the commits are not known, in words for a person; then the rest is absent. */
  unknown?: string;
  /** Page of the comparison. */
  url?: string;
  /** Those that the new version has and the old one has not. */
  added?: CommitsBetween;
  /** Those that the old version has and the new one has not. */
  removed?: CommitsBetween;
}

/** What is to be compared, so that the commits of a change are known. @public */
export interface ApplicationQuestion {
  name: string;
  /** The page of a repository, as the images say it. */
  source: string;
  /** Commits of it, in hexadecimal digits. */
  before: string;
  after: string;
}

/**
 * What to ask of an application's repository about a change of its version, or why it cannot be asked. Undefined where the
 * image does not say where it comes from: then there is nothing to say.
 *
 * @param answerOf - what the registry says of an image, as `imageReference` writes it
 * @public
 */
export function applicationQuestion(
  { name, image, before, after }: PinChange,
  answerOf: (reference: string) => RegistryAnswer | undefined,
): ApplicationQuestion | ApplicationCommits | undefined {
  const factsOf = (version: PinChange['before']): ImageFacts => {
    const answer = answerOf(imageReference({ image, version }));
    return (answer?.state === 'exists' && answer.facts) || {};
  };
  const from = factsOf(before);
  const to = factsOf(after);
  if (
    to.source === undefined ||
    to.revision === undefined ||
    // As where a tag is only put into quotes.
    sameVersion(before, after)
  ) {
    return undefined;
  }
  if (from.source === undefined || from.revision === undefined) {
    return {
      name,
      unknown: `${formatVersion(before)} does not say what it was built from`,
    };
  }
  return repositoryIdentity(from.source) === repositoryIdentity(to.source)
    ? { name, source: to.source, before: from.revision, after: to.revision }
    : {
        name,
        unknown: `${formatVersion(before)} was built from ${
          from.source
        } and ${formatVersion(after)} from ${to.source}`,
      };
}
