/** How a registry wants to be asked, by its header `WWW-Authenticate`. */
export type Challenge =
  | { scheme: 'basic' }
  | { scheme: 'bearer'; realm: string; service?: string; scope?: string };

// A header of a hostile length is not read to its end.
const MAX_CHARACTERS = 4_096;
const SCHEME = /(?:^|,)\s*(basic|bearer)(?=\s|,|$)/gi;
const PARAMETER = /([a-z_]+)\s*=\s*(?:"([^"]*)"|([^\s",]+))/gi;

/** The first challenge that can be answered; a bearer token is preferred to sending a password with each request. */
export function parseChallenge(header: string | null): Challenge | undefined {
  const text = (header ?? '').slice(0, MAX_CHARACTERS);
  // A scheme's name within quotes is none.
  const bare = text.replace(
    /"[^"]*"/g,
    quoted => `"${'x'.repeat(quoted.length - 2)}"`,
  );
  const schemes = [...bare.matchAll(SCHEME)];
  const challenges = schemes.map(({ 0: found, 1: scheme, index }, at) => ({
    scheme: scheme.toLocaleLowerCase('en-US'),
    parameters: parametersOf(
      text.slice(index + found.length, schemes[at + 1]?.index),
    ),
  }));
  const bearer = challenges.find(
    ({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm'),
  );
  if (bearer) {
    const { parameters } = bearer;
    return {
      scheme: 'bearer',
      realm: parameters.get('realm') ?? '',
      service: parameters.get('service'),
      scope: parameters.get('scope'),
    };
  }
  return challenges.some(({ scheme }) => scheme === 'basic')
    ? { scheme: 'basic' }
    : undefined;
}

function parametersOf(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(PARAMETER)].map(([, name, quoted, plain]) => [
      name.toLocaleLowerCase('en-US'),
      quoted ?? plain,
    ]),
  );
}
