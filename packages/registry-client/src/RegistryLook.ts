import { ImageFacts } from '@gitops-infra/backstage-plugin-gitops-common';

/** Why a registry could not say what it was asked. @public */
export interface Unknown {
  state: 'unknown';
  /** In words for a person; made from our own words alone, so that no secret can be in it. */
  reason: string;
  /** Whether the registry as a whole does not answer now, and not this image alone. */
  away: boolean;
  /** How long it wants to be left alone. */
  retryAfterMs?: number;
}

/** What a registry says of an image. @public */
export type RegistryLook =
  | { state: 'exists'; digest?: string }
  | { state: 'missing' }
  | Unknown;

/** What the content of an image says. @public */
export type ImageDescription =
  | { state: 'described'; facts: ImageFacts }
  | Unknown;

/** Ends what a registry is asked with what is to be said of it. */
export class Unanswered extends Error {
  name = 'Unanswered';
  readonly unknown: Unknown;

  constructor(reason: string, options: Partial<Omit<Unknown, 'state'>> = {}) {
    super(reason);
    this.unknown = { state: 'unknown', reason, away: false, ...options };
  }
}
