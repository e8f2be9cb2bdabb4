import { ImagePin } from '@gitops-infra/backstage-plugin-gitops-common';
import { imagesAtStake } from './imagesAtStake';

const pin = (name: string, image: string, tag: string) =>
  ({ name, image, version: { tag } } as ImagePin);

describe('imagesAtStake', () => {
  it("are those that are pinned, and the source's versions of the images of the target", () => {
    expect([
      ...imagesAtStake(
        [pin('web', 'prod.test/web', '1'), pin('api', 'prod.test/api', '7')],
        [
          pin('web', 'dev.test/web', '2'),
          pin('api', 'dev.test/api', '7'),
          pin('job', 'dev.test/job', '1'),
        ],
      ),
    ]).toEqual(['prod.test/web:1', 'prod.test/api:7', 'prod.test/web:2']);
  });

  it('are the tags beside digests too', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const both = {
      ...pin('web', 'prod.test/web', '1'),
      version: { tag: '1', digest },
    };
    expect([...imagesAtStake([both], undefined)]).toEqual([
      `prod.test/web:1@${digest}`,
      'prod.test/web:1',
    ]);
  });

  it('are those that are pinned where nothing is promoted', () => {
    expect([
      ...imagesAtStake([pin('web', 'prod.test/web', '1')], undefined),
    ]).toEqual(['prod.test/web:1']);
  });
});
