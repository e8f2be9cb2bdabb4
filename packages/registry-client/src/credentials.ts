import { RegistryCredentials } from './RegistryAccess';

/** A name and a password, as `Basic` wants them. */
export type Password = Extract<RegistryCredentials, { username: string }>;

/** The value of `Authorization` for a name and a password. */
export function basic({ username, password }: Password): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Whether a text can be sent as a bearer token. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}
