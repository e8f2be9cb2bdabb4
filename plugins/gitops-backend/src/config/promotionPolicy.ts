import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import {
  FreezeWindow,
  isTimeZone,
  PromotionPolicy,
  Weekday,
  WEEKDAYS,
} from '@gitops-infra/backstage-plugin-gitops-common';

const REASON_MIN_LENGTH_DEFAULT = 10;
const POLICY = 'gitops.promotions.policy';
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Reads `gitops.promotions.policy` from the configuration.
 *
 * @throws InputError where a window, a time or an entity ref in it cannot be read.
 */
export function readPromotionPolicy(gitops?: Config): PromotionPolicy {
  const policy = gitops?.getOptionalConfig('promotions.policy');
  const overrides = policy?.getOptionalConfig('overrides');
  return {
    requireHealthySource:
      policy?.getOptionalBoolean('requireHealthySource') ?? false,
    freezeWindows: (policy?.getOptionalConfigArray('freezeWindows') ?? []).map(
      readFreezeWindow,
    ),
    allowedGroups: readAllowedGroups(policy),
    overrides: overrides && {
      groups: readRefs(
        overrides.getStringArray('groups'),
        `${POLICY}.overrides.groups`,
      ),
      reasonMinLength: readReasonMinLength(overrides),
    },
  };
}

function readFreezeWindow(config: Config): FreezeWindow {
  const name = config.getString('name');
  const where = `${POLICY}.freezeWindows ${name}`;
  const timeZone = config.getString('timeZone');
  if (!isTimeZone(timeZone)) {
    throw new InputError(
      `${where}: ${timeZone} is no time zone; give its IANA name, such as Europe/Berlin or UTC`,
    );
  }
  const weekly = (config.getOptionalConfigArray('weekly') ?? []).map(times =>
    readWeekly(times, where),
  );
  const dates = (config.getOptionalConfigArray('dates') ?? []).map(times =>
    readDates(times, where),
  );
  if (weekly.length + dates.length === 0) {
    throw new InputError(
      `${where}: it is never open; give it weekly times, or dates`,
    );
  }
  return {
    name,
    environments: config.getOptionalStringArray('environments'),
    timeZone,
    weekly,
    dates,
    appliesToRollbacks:
      config.getOptionalBoolean('appliesToRollbacks') ?? false,
  };
}

function readWeekly(
  config: Config,
  where: string,
): FreezeWindow['weekly'][number] {
  const days = config.getStringArray('days').map((name): Weekday => {
    const day = WEEKDAYS.find(known => known === name);
    if (!day) {
      throw new InputError(
        `${where}: ${name} is no day; give one of ${WEEKDAYS.join(', ')}`,
      );
    }
    return day;
  });
  const from = config.getOptionalString('from') ?? '00:00';
  const to = config.getOptionalString('to') ?? '24:00';
  const wrong = [
    ...(TIME.test(from) ? [] : [from]),
    ...(TIME.test(to) || to === '24:00' ? [] : [to]),
  ];
  if (wrong.length > 0) {
    throw new InputError(
      `${where}: ${wrong[0]} is no time of day; give it as 08:00, and the end of the day as 24:00`,
    );
  }
  return { days, from, to };
}

function readDates(
  config: Config,
  where: string,
): FreezeWindow['dates'][number] {
  const from = readDate(config.getString('from'), 'T00:00', where);
  // A day as the end is frozen as a whole.
  const to = readDate(config.getString('to'), 'T24:00', where);
  if (to <= from) {
    throw new InputError(`${where}: ${to} is not after ${from}`);
  }
  return { from, to };
}

function readDate(text: string, ofDay: string, where: string): string {
  const [day, time] = text.split(/[T ]/, 2);
  if (
    !DAY.test(day) ||
    Number.isNaN(Date.parse(day)) ||
    (time !== undefined && !TIME.test(time))
  ) {
    throw new InputError(
      `${where}: ${text} is no date; give it as 2026-12-23 or 2026-12-23T18:00`,
    );
  }
  return time === undefined ? `${day}${ofDay}` : `${day}T${time}`;
}

function readAllowedGroups(policy: Config | undefined): Map<string, string[]> {
  const where = `${POLICY}.allowedGroups`;
  // Environments may have dots in their names, which the getters of a configuration take for paths.
  const allowed = policy?.getOptional('allowedGroups') ?? {};
  if (typeof allowed !== 'object' || Array.isArray(allowed)) {
    throw new InputError(
      `${where}: give a list of groups for each environment`,
    );
  }
  return new Map(
    Object.entries(allowed ?? {}).map(([environment, refs]) => {
      if (
        !Array.isArray(refs) ||
        !refs.every((ref): ref is string => typeof ref === 'string')
      ) {
        throw new InputError(
          `${where}: ${environment} is no list; give groups as [group:default/release-managers]`,
        );
      }
      return [environment, readRefs(refs, `${where} ${environment}`)];
    }),
  );
}

function readRefs(refs: string[], where: string): string[] {
  return refs.map(ref => {
    try {
      return stringifyEntityRef(
        parseEntityRef(ref, {
          defaultKind: 'group',
          defaultNamespace: 'default',
        }),
      );
    } catch {
      throw new InputError(
        `${where}: ${ref} is no entity; give it as group:default/release-managers or user:default/jane`,
      );
    }
  });
}

function readReasonMinLength(overrides: Config): number {
  const length =
    overrides.getOptionalNumber('reasonMinLength') ?? REASON_MIN_LENGTH_DEFAULT;
  if (!Number.isInteger(length) || length < 1) {
    throw new InputError(
      `${POLICY}.overrides.reasonMinLength: ${length} is no number of characters; give 1 or more`,
    );
  }
  return length;
}
