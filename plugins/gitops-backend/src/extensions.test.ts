import { mockServices } from '@backstage/backend-test-utils';
import { Additions, guardedRule } from './extensions';

const gates = () =>
  new Additions<{ id: string }>('promotion gate', ({ id }) => id, [
    'tag-exists',
  ]);

describe('Additions', () => {
  it('keeps what is added, in order', () => {
    const added = gates();
    added.add({ id: 'runbook-linked' }, { id: 'a2' });
    added.add({ id: 'b' });
    expect(added.all.map(({ id }) => id)).toEqual([
      'runbook-linked',
      'a2',
      'b',
    ]);
  });

  it.each([
    ['tag-exists', 'There is a promotion gate tag-exists already'],
    ['', 'needs a name in lower case with dashes'],
    ['Runbook', 'needs a name in lower case with dashes'],
    ['a b', 'needs a name in lower case with dashes'],
    ['-a', 'needs a name in lower case with dashes'],
  ])('does not take the name %j', (id, says) => {
    expect(() => gates().add({ id })).toThrow(says);
  });

  it('does not take a name twice', () => {
    expect(() => gates().add({ id: 'a' }, { id: 'a' })).toThrow(
      'There is a promotion gate a already',
    );
  });
});

describe('guardedRule', () => {
  it('finds what the rule finds', () => {
    const found = [
      { severity: 'error' as const, what: 'a', why: 'b', fix: 'c' },
    ];
    const rule = guardedRule(
      { code: 'odd', docs: 'https://wiki.test', check: () => found },
      mockServices.logger.mock(),
    );
    expect(rule).toMatchObject({ code: 'odd', docs: 'https://wiki.test' });
    expect(rule.check({} as never)).toBe(found);
  });

  it('says that the rule failed, and keeps why in the log', () => {
    const logger = mockServices.logger.mock();
    const rule = guardedRule(
      {
        code: 'odd',
        check: () => {
          throw new Error('token=secret');
        },
      },
      logger,
    );
    const found = rule.check({} as never);
    expect(found).toMatchObject([
      {
        severity: 'info',
        what: 'Whether odd applies could not be checked.',
      },
    ]);
    expect(JSON.stringify(found)).not.toContain('secret');
    expect(logger.warn).toHaveBeenCalledWith(
      'Finding rule odd failed',
      expect.any(Error),
    );
  });
});
