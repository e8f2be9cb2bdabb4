import { application } from '../__testUtils__/ScriptedUpstream';
import { ApplicationFilter } from './ApplicationFilter';

const everything = { projects: [], namespaces: [] };

describe('ApplicationFilter', () => {
  it.each([
    ['nothing', {}, true],
    ['its project', { projects: ['other', 'web'] }, true],
    ['other projects', { projects: ['other'] }, false],
    ['its namespace', { namespaces: ['team'] }, true],
    ['other namespaces', { namespaces: ['argocd'] }, false],
    ['its labels', { selector: 'app=demo' }, true],
    ['other labels', { selector: 'app=demo,tier' }, false],
  ])(
    'asked for %s, lets an Application through or not',
    (_, asked, through) => {
      const filter = new ApplicationFilter('main', { ...everything, ...asked });
      const value = application('demo', {
        project: 'web',
        namespace: 'team',
        labels: { app: 'demo' },
      });
      expect(filter.read(value) !== undefined).toBe(through);
    },
  );

  it('takes an Application without labels for one that no label selects', () => {
    const filter = new ApplicationFilter('main', {
      ...everything,
      selector: 'app',
    });
    expect(filter.read(application('demo'))).toBeUndefined();
  });

  it.each([[undefined], ['x'], [{}]])('reads nothing in %j', value => {
    expect(
      new ApplicationFilter('main', everything).read(value),
    ).toBeUndefined();
  });

  it('takes an Application that moves out of what is asked for as deleted, once', () => {
    const filter = new ApplicationFilter('main', {
      ...everything,
      projects: ['web'],
    });
    const mine = application('mine', { project: 'web' });
    const other = application('other');
    const moved = application('mine', { project: 'other' });
    const eventOf = filter.eventsAfter([filter.read(mine)!]);
    const typeOf = (type: unknown, value: unknown) =>
      eventOf(type, value)?.type;

    expect(typeOf('MODIFIED', other)).toBeUndefined();
    expect(typeOf('DELETED', other)).toBeUndefined();
    expect(typeOf('MODIFIED', mine)).toBe('MODIFIED');
    expect(typeOf('MODIFIED', moved)).toBe('DELETED');
    expect(typeOf('MODIFIED', moved)).toBeUndefined();
    expect(typeOf('ADDED', mine)).toBe('ADDED');
    expect(typeOf('DELETED', mine)).toBe('DELETED');
    expect(typeOf('BOOKMARK', mine)).toBeUndefined();
    expect(typeOf('MODIFIED', {})).toBeUndefined();
  });
});
