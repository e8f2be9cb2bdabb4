import { screen, within } from '@testing-library/react';
import type { ImageOrigin } from '@gitops-infra/backstage-plugin-gitops-common';
import { fakeGitopsApi, renderCard } from '../../__testUtils__/renderCard';
import { stageBehind } from '../../__testUtils__/responses';

/** The card, with what the image of stage says of itself. */
async function versionsOfStage(origin: ImageOrigin | undefined) {
  const response = stageBehind();
  const { images } = response.environments[1];
  response.environments[1].images = images.map(image => ({
    ...image,
    origin,
  }));
  await renderCard(fakeGitopsApi(response));
  return within(screen.getByRole('list', { name: 'Versions in stage' }));
}

describe('where a version was built from', () => {
  afterEach(() => jest.useRealTimers());

  it('is a link to its commit', async () => {
    const versions = await versionsOfStage({
      revision: '8c5f1d2e9b7a4c3d8e6f0a1b2c3d4e5f60718293',
      url: 'https://github.test/shop/web/commit/8c5f1d2',
    });
    expect(versions.getByRole('link', { name: '8c5f1d2' })).toHaveAttribute(
      'href',
      'https://github.test/shop/web/commit/8c5f1d2',
    );
  });

  it('is no link where its address is none of the web', async () => {
    const versions = await versionsOfStage({
      revision: '8c5f1d2e9b7a',
      url: 'data:text/html,x',
    });
    expect(versions.getByText('8c5f1d2')).toBeInTheDocument();
    expect(versions.queryByRole('link')).not.toBeInTheDocument();
  });

  it('is not said where the registry does not tell', async () => {
    const versions = await versionsOfStage(undefined);
    expect(versions.queryByText(/built/)).not.toBeInTheDocument();
  });
});
