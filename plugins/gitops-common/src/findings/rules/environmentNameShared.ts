import type { FindingRule } from '../FindingRule';
import { fileLocation } from '../evidence/location';

/** The last folder of an overlay names its environment: of several that end alike only the first is shown. */
export const environmentNameShared: FindingRule = {
  code: 'environment-name-shared',
  check(facts) {
    const {
      service,
      environment,
      overlayPath,
      namesakes = [],
    } = facts.declared;
    return namesakes.map(({ name, overlayPath: other, location }) => ({
      severity: 'warning',
      what: `${other} is not shown: its environment would be called ${environment}, as that of ${overlayPath} is.`,
      why: `The last folder of an overlay names the environment, and the Application ${name} in ${location.path} comes later in bootstrap/.`,
      fix: `Give the folder a name that no other environment of ${service} has, and have ${name} deploy it from there.`,
      where: fileLocation(facts, location.path, {
        line: location.line,
        column: 1,
      }),
    }));
  },
};
