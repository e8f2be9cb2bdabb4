import { ConfigReader } from '@backstage/config';
import { NO_POLICY } from '@gitops-infra/backstage-plugin-gitops-common';
import { readPromotionPolicy } from './promotionPolicy';

const read = (policy?: object) =>
  readPromotionPolicy(
    new ConfigReader(policy ? { promotions: { policy } } : {}),
  );
const readWindow = (window: object) =>
  read({
    freezeWindows: [{ name: 'Weekend', timeZone: 'Europe/Berlin', ...window }],
  }).freezeWindows[0];

describe('readPromotionPolicy', () => {
  it('warns of a source that is not healthy, and no more, where nothing is said', () => {
    expect(read()).toEqual({ ...NO_POLICY, overrides: undefined });
    expect(readPromotionPolicy(undefined)).toEqual(read());
  });

  it('reads all of it', () => {
    expect(
      read({
        requireHealthySource: true,
        freezeWindows: [
          {
            name: 'Weekend',
            environments: ['prod'],
            timeZone: 'Europe/Berlin',
            weekly: [
              { days: ['friday'], from: '16:00' },
              { days: ['saturday', 'sunday'] },
            ],
            dates: [
              { from: '2026-12-23T12:00', to: '2027-01-02' },
              { from: '2027-04-01', to: '2027-04-01' },
            ],
            appliesToRollbacks: true,
          },
        ],
        allowedGroups: { 'prod.eu': ['Release-Managers', 'user:default/jane'] },
        overrides: { groups: ['group:ops/on-call'], reasonMinLength: 20 },
      }),
    ).toEqual({
      requireHealthySource: true,
      freezeWindows: [
        {
          name: 'Weekend',
          environments: ['prod'],
          timeZone: 'Europe/Berlin',
          weekly: [
            { days: ['friday'], from: '16:00', to: '24:00' },
            { days: ['saturday', 'sunday'], from: '00:00', to: '24:00' },
          ],
          dates: [
            { from: '2026-12-23T12:00', to: '2027-01-02T24:00' },
            { from: '2027-04-01T00:00', to: '2027-04-01T24:00' },
          ],
          appliesToRollbacks: true,
        },
      ],
      allowedGroups: new Map([
        ['prod.eu', ['group:default/release-managers', 'user:default/jane']],
      ]),
      overrides: { groups: ['group:ops/on-call'], reasonMinLength: 20 },
    });
  });

  it.each<[what: string, window: object, says: string]>([
    [
      'a time zone that there is',
      { timeZone: 'Europe/Atlantis' },
      'freezeWindows Weekend: Europe/Atlantis is no time zone; give its IANA name',
    ],
    ['times', {}, 'it is never open; give it weekly times, or dates'],
    [
      'days that there are',
      { weekly: [{ days: ['Friday'] }] },
      'Friday is no day; give one of monday, tuesday',
    ],
    [
      'a time of day as its beginning',
      { weekly: [{ days: ['friday'], from: '4pm' }] },
      '4pm is no time of day; give it as 08:00',
    ],
    [
      'a beginning before the end of the day',
      { weekly: [{ days: ['friday'], from: '24:00' }] },
      '24:00 is no time of day',
    ],
    [
      'a time of day as its end',
      { weekly: [{ days: ['friday'], to: '25:00' }] },
      '25:00 is no time of day',
    ],
    [
      'a date',
      { dates: [{ from: '23.12.2026', to: '2027-01-02' }] },
      '23.12.2026 is no date; give it as 2026-12-23 or 2026-12-23T18:00',
    ],
    [
      'a month that there is',
      { dates: [{ from: '2026-13-01', to: '2027-01-02' }] },
      '2026-13-01 is no date',
    ],
    [
      'an end after its beginning',
      { dates: [{ from: '2027-01-02', to: '2026-12-23' }] },
      '2026-12-23T24:00 is not after 2027-01-02T00:00',
    ],
  ])('a freeze window wants %s', (_, window, says) => {
    expect(() => readWindow(window)).toThrow(says);
  });

  it.each<[what: string, policy: object, says: string]>([
    [
      'groups as a list',
      { allowedGroups: { prod: 'release' } },
      'allowedGroups: prod is no list',
    ],
    [
      'groups by environment',
      { allowedGroups: ['release'] },
      'allowedGroups: give a list of groups for each environment',
    ],
    [
      'groups that can be entities',
      { allowedGroups: { prod: ['group:default/'] } },
      'allowedGroups prod: group:default/ is no entity; give it as group:default/release-managers',
    ],
    [
      'somebody who may override',
      { overrides: { reasonMinLength: 3 } },
      'overrides.groups',
    ],
    [
      'a reason that has a length',
      { overrides: { groups: [], reasonMinLength: 0 } },
      'overrides.reasonMinLength: 0 is no number of characters; give 1 or more',
    ],
  ])('wants %s', (_, policy, says) => {
    expect(() => read(policy)).toThrow(says);
  });
});
