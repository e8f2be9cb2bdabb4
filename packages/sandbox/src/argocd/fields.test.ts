import { recording } from '../testing/recordings';
import { listFields, pick } from './fields';
import { matchesSelector } from './selector';

describe('fields of a list', () => {
  const list = (recording('a-synced-healthy/list').response.body ??
    {}) as object;

  it.each([
    'items-metadata-resourceVersion',
    'items-status-conditions',
    'items-status-history',
    'items-status-operationState',
    'items-status-reconciledAt',
    'items-status-sync',
    'items-status-sync-status',
  ])('%s are honoured as recorded', name => {
    const { request, response } = recording(`fields/${name}`);
    const fields = new URL(request.path, 'http://argocd').searchParams
      .get('fields')
      ?.split(',');
    const { items } = pick(list, listFields(fields ?? [])) as {
      items: unknown[];
    };
    const recorded = response.body as { items: unknown[] };

    expect(items.map(paths)).toEqual(recorded.items.map(paths));
  });
});

describe('matchesSelector', () => {
  it.each([
    ['team=a', true],
    ['team==a', true],
    ['team=b', false],
    ['team!=b', true],
    ['team', true],
    ['!team', false],
    ['other', false],
    ['team=a,stage!=x', true],
    ['team=a,stage', false],
    ['', true],
  ])('%j matches %s', (selector, matches) => {
    expect(matchesSelector({ team: 'a' }, selector)).toBe(matches);
  });
});

function paths(value: unknown): string[] {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, item]) => [
        key,
        ...paths(item).map(path => `${key}.${path}`),
      ])
    : [];
}
