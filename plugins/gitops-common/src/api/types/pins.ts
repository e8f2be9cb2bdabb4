import { ImageVersion } from './images';
import { SourceLocation } from './repository';

/** The state of a pin in the target that a promotion would move, or moved. @public */
export interface PinChange {
  /** `images[].name` of the pin. */
  name: string;
  image: string;
  before: ImageVersion;
  after: ImageVersion;
  location: SourceLocation;
}

/** A pin that a promotion leaves alone, and why. @public */
export interface PinSkipped {
  name: string;
  reason:
    | 'same-version'
    | 'only-in-source'
    | 'only-in-target'
    | 'not-chosen'
    | 'tag-against-digest'
    /** The source or the target names the image alone. */
    | 'no-version';
}
