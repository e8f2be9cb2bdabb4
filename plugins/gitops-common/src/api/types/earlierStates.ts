import { ImageVersion } from './images';
import { PromotionRef } from './promotions';
import { CommitRef } from './repository';

/** What an overlay pinned from a commit on, until another one changed it. @public */
export interface OverlayState {
  /** The commit that made it so. */
  commit: CommitRef;
  pins: { name: string; image: string; version: ImageVersion }[];
  /** The promotion that made the commit, where it is known. */
  promotion?: PromotionRef;
  /** Why it cannot be gone back to. */
  problem?: string;
}

/** Answer of `GET …/earlier-states/{environment}`. @public */
export interface EarlierStatesResponse {
  /** Newest first, without the present one. */
  states: OverlayState[];
  /** False where there are older ones that were not looked at. */
  complete: boolean;
}
