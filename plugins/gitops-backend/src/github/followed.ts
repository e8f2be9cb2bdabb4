/** Raised when `isFollowed` takes more than before: what was read until then lacks it. */
export const FOLLOWED_VERSION = 2;
