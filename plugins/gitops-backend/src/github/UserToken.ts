import { InputError } from '@backstage/errors';

// What tokens are made of, wherever they come from; nothing that could end a header.
const TOKEN = /^[A-Za-z0-9._~+/=-]{1,1024}$/;

/** A person's own GitHub token, for one request. No log, JSON or copy of it shows what it is. */
export class UserToken {
  readonly #token: string;

  /** @throws InputError for what cannot be a token; the message does not repeat it. */
  constructor(token: string) {
    if (!TOKEN.test(token)) {
      throw new InputError(
        'What was sent as GitHub token is none; sign in to GitHub in Backstage again',
      );
    }
    this.#token = token;
  }

  /** The token itself, for a request to GitHub and nothing else. */
  reveal(): string {
    return this.#token;
  }
}
