import { SourceLocation } from './repository';

/** A version as an image pin or an image reference says it: a tag, a digest (`sha256:…`), or both. @public */
export interface ImageVersion {
  tag?: string;
  digest?: string;
}

/** One image pin of an environment's overlay and what runs of it. @public */
export interface EnvironmentImage {
  /** `images[].name`: the name that the manifests use. */
  name: string;
  /** The image that runs: `newName`, or `name` where the pin does not rename it. */
  image: string;
  /** What the head of the deployed branch says. */
  desired: ImageVersion;
  location: SourceLocation;
  /**
   * Every version of this image that a live resource runs; two during a rollout, none when Argo CD's side is unknown. Once the
   * desired one is among them, without those that other pins of the same image want.
   */
  live: ImageVersion[];
  /** Where the desired version comes from; absent where its registry does not tell. */
  origin?: ImageOrigin;
}

/** Where an image comes from, as far as it says it. @public */
export interface ImageOrigin {
  /** When it was built. */
  createdAt?: string;
  /** The commit that it was built from, in hexadecimal digits. */
  revision?: string;
  /** Page of that commit. */
  url?: string;
}

/** An image that runs and that no pin names, as all do where the overlay cannot be read. @public */
export interface UnpinnedImage {
  image: string;
  version: ImageVersion;
}
