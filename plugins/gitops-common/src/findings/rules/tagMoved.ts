import { formatVersion, imageReference } from '../../images';
import type { FindingRule } from '../FindingRule';
import { overlayLocation } from '../evidence/location';

/**
 * A pin has a tag and a digest, and the registry has another image for the tag by now. What runs is the digest's, and people
 * read the tag.
 */
export const tagMoved: FindingRule = {
  code: 'tag-moved',
  check(facts) {
    return facts.overlay.pins.flatMap(({ image, version, position }) => {
      const { tag, digest } = version;
      if (tag === undefined || digest === undefined) {
        return [];
      }
      const tagged = imageReference({ image, version: { tag } });
      const answer = facts.registry?.get(tagged);
      // Until the content is read it may be an index that has the digest for one of its platforms.
      if (
        answer?.state !== 'exists' ||
        answer.digest === undefined ||
        answer.facts === undefined ||
        answer.digest === digest ||
        answer.facts.platforms?.includes(digest)
      ) {
        return [];
      }
      return [
        {
          severity: 'warning' as const,
          what: `${tagged} is another image now than the digest that is pinned with it.`,
          why: `The registry has ${formatVersion({
            digest: answer.digest,
          })} for the tag; the pin says ${formatVersion({
            digest,
          })}, and that is what runs.`,
          fix: 'Take the new digest over where the new image is meant, or give the version a tag of its own that nobody moves.',
          evidence: answer.digest,
          where: overlayLocation(facts, position),
        },
      ];
    });
  },
};
