import { recorded, SOUND, stageFacts } from '../../__testUtils__/facts';
import { upstreamUnreachable } from './upstreamUnreachable';

describe('upstream-unreachable', () => {
  it("says that the repo server is away, in Argo CD's words", () => {
    const facts = stageFacts(SOUND, recorded('g-repo-server-down'));
    expect(upstreamUnreachable.check(facts)).toMatchObject([
      {
        severity: 'warning',
        evidence: expect.stringContaining('code = Unavailable desc ='),
      },
    ]);
  });

  it.each(['a-synced-healthy', 'c1-malformed-yaml'])(
    'says nothing of %s',
    folder => {
      const facts = stageFacts(SOUND, recorded(folder));
      expect(upstreamUnreachable.check(facts)).toEqual([]);
    },
  );
});
