import { ownFiles } from '../__testUtils__/tree';
import { FINDING_CODES } from './Finding';

const HEADINGS = ['Symptom', 'Likely cause', 'Fast check', 'Fix', 'Example'];

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
