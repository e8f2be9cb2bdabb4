import type { Finding } from '@gitops-infra/backstage-plugin-gitops-common';
import { environment, TAG_NOT_STRING } from '../__testUtils__/responses';
import { quotable } from './quotable';

describe('quotable', () => {
  const where = TAG_NOT_STRING.where!;

  it.each<[what: string, finding: Partial<Finding>, tag: string, is: boolean]>([
    ['a tag that is a number', {}, '1.10', true],
    ['one that is no tag however it is written', {}, '+1.10', false],
    ['another finding', { code: 'comparison-error' }, '1.10', false],
    ['a null, which is left out', { severity: 'warning' }, '1.10', false],
    ['another line', { where: { ...where, line: 3 } }, '1.10', false],
    [
      'a base',
      { where: { ...where, path: 'apps/demo/base/kustomization.yaml' } },
      '1.10',
      false,
    ],
    ['no place', { where: undefined }, '1.10', false],
  ])('of %s', (_, finding, tag, is) => {
    expect(
      quotable({ ...TAG_NOT_STRING, ...finding }, environment('stage', tag)),
    ).toEqual(is ? { name: 'demo', version: { tag } } : undefined);
  });
});
