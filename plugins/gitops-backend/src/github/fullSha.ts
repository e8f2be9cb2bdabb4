const FULL_SHA = /^[0-9a-f]{40}$/;

/** Whether a revision is the SHA of a commit in full, so that it means the same for ever. */
export const isFullSha = (revision: string): boolean => FULL_SHA.test(revision);
