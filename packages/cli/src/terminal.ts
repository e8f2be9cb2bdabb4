/** What a command has of the process that it runs in. */
export interface Terminal {
  cwd: string;
  env: NodeJS.ProcessEnv;
  out(text: string): void;
  err(text: string): void;
}

/** The command cannot do what it was asked for; the message is for the person at the terminal. */
export class CannotRun extends Error {}
