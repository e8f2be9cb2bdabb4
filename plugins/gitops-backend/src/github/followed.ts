/** Raised when `isFollowed` takes more than before, or more of it is kept: what was read until then lacks it. */
export const FOLLOWED_VERSION = 3;
