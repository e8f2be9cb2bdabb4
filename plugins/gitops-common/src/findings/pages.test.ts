import { ownFiles } from '../__testUtils__/tree';
import { FINDING_CODES, findingDocs } from './findings';

const HEADINGS = ['Symptom', 'Likely cause', 'Fast check', 'Fix', 'Example'];

describe('findingDocs', () => {
  it.each<
    [what: string, page: string | undefined, expected: string | undefined]
  >([
    [
      'the page of the code in this repository',
      findingDocs({ code: 'degraded' }),
      'https://github.com/demo/gitops-infra/blob/main/docs/findings/degraded.md',
    ],
    [
      'the page of the code where the pages are',
      findingDocs({ code: 'degraded' }, 'https://docs.test/{code}/#{code}'),
      'https://docs.test/degraded/#degraded',
    ],
    [
      'the page of a rule that was added',
      findingDocs({ code: 'no-friday', docs: 'https://x.test/' }, 'https://y'),
      'https://x.test/',
    ],
    [
      'no page of a rule that was added without one',
      findingDocs({ code: 'no-friday' }),
      undefined,
    ],
  ])('gives %s', (_, page, expected) => {
    expect(page).toBe(expected);
  });
});

describe('docs/findings', () => {
  const pages = ownFiles('docs/findings');

  it('has a page for every code, in the index too, and no other', () => {
    expect(Object.keys(pages).sort()).toEqual(
      ['README', ...FINDING_CODES]
        .map(name => `docs/findings/${name}.md`)
        .sort(),
    );
    const linked = [
      ...pages['docs/findings/README.md'].matchAll(/\]\(([a-z-]+)\.md\)/g),
    ].map(([, code]) => code);
    expect(linked).toEqual([...FINDING_CODES]);
  });

  it.each([...FINDING_CODES])(
    'says of %s what it looks like, why, how to check, how to mend, with an example',
    code => {
      const page = pages[`docs/findings/${code}.md`];
      const [title, ...sections] = page.split(/^#+ /m).slice(1);
      const headings = sections.map(section => section.split('\n')[0]);
      const texts = sections.map(section =>
        section.split('\n').slice(1).join('\n').trim(),
      );

      expect(title.trim()).toContain(`\`${code}\``);
      expect(headings).toEqual(HEADINGS);
      expect(texts.filter(text => text === '')).toEqual([]);
      // The check is a command that one can copy.
      expect(texts[HEADINGS.indexOf('Fast check')]).toMatch(
        /^```sh\n(.+\n)+```/m,
      );
    },
  );
});
