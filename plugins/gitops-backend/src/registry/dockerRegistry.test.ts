import { mockServices } from '@backstage/backend-test-utils';
import { ConfigReader } from '@backstage/config';
import { RegistryAnswer } from '@gitops-infra/backstage-plugin-gitops-common';
import { JsonObject } from '@backstage/types';
import { RegistryClient } from '@gitops-infra/registry-client';
import {
  ACCOUNT,
  buildImage,
  buildIndex,
  Content,
  DockerRegistry,
  hasDockerRegistry,
  PRIVATE_CA,
} from '@gitops-infra/registry-client/testUtils';
import { MemoryUpstreamStore } from '../__testUtils__/MemoryUpstreamStore';
import { readGitopsConfig } from '../config';
import { RegistryAnswers } from './RegistryAnswers';
import { RegistryFollower } from './RegistryFollower';
import { RegistryState } from './RegistryState';

// The server is a process of its own.
jest.setTimeout(60_000);

const NOW = new AbortController().signal;
const CREATED = '2026-11-20T10:00:00.000Z';
const SAID = {
  source: 'https://github.test/shop/web',
  revision: '8c5f1d2e9b7a4c3d8e6f0a1b2c3d4e5f60718293',
  version: '1.4.2',
};
const LABELS = Object.fromEntries(
  Object.entries(SAID).map(([name, value]) => [
    `org.opencontainers.image.${name}`,
    value,
  ]),
);

const describeServer = () => {
  const registry = new DockerRegistry();
  let closing: RegistryFollower[];

  beforeAll(() => registry.start());
  afterAll(() => registry.remove());
  beforeEach(() => {
    closing = [];
  });
  afterEach(() => Promise.all(closing.map(follower => follower.close())));

  /** Follows images of the registry as the plugin does, with a clock that a test turns. */
  function follow(config: JsonObject, ...images: string[]) {
    const { registries } = readGitopsConfig(
      new ConfigReader({
        app: { baseUrl: 'http://backstage.test' },
        gitops: {
          registries: [
            {
              host: registry.host,
              url: registry.url,
              ca: PRIVATE_CA,
              ...ACCOUNT,
              ...config,
            },
          ],
        },
      }),
    );
    const store = new MemoryUpstreamStore();
    const answers = new RegistryAnswers(store);
    let time = 0;
    const follower = new RegistryFollower({
      registries: registries.map(of => ({
        state: new RegistryState(of, store),
        client: new RegistryClient(of),
      })),
      answers,
      images: () => images.map(image => `${registry.host}/${image}`),
      logger: mockServices.logger.mock(),
      now: () => time,
    });
    closing.push(follower);
    return async (): Promise<(RegistryAnswer | undefined)[]> => {
      await follower.look(NOW);
      // Longer than any answer is believed.
      time += 60 * 60_000;
      return images.map(image => answers.of(`${registry.host}/${image}`));
    };
  }

  async function push(
    repository: string,
    tag: string | undefined,
    { manifest, config }: { manifest: Content; config: Content },
  ): Promise<void> {
    await registry.pushBlob(repository, config);
    await registry.pushManifest(repository, manifest, tag);
  }

  it.each(['oci', 'docker'] as const)(
    'has an image in the types of %s, by tag and by digest',
    async format => {
      const image = buildImage({ format, created: CREATED, labels: LABELS });
      const { digest } = image.manifest;
      await push(`shop/${format}`, '1.4.2', image);
      const there = {
        state: 'exists',
        digest,
        facts: { createdAt: CREATED, ...SAID },
      };
      const look = follow(
        {},
        `shop/${format}:1.4.2`,
        `shop/${format}@${digest}`,
        `shop/${format}:1.4.2@${digest}`,
      );
      await expect(look()).resolves.toEqual([there, there, there]);
    },
  );

  it.each(['oci', 'docker'] as const)(
    'has an image for several platforms in the types of %s',
    async format => {
      const repository = `multi/${format}`;
      const amd64 = buildImage({ format, created: CREATED, labels: LABELS });
      const arm64 = buildImage({ format });
      await push(repository, undefined, amd64);
      await push(repository, undefined, arm64);
      const index = buildIndex(
        [
          { manifest: arm64.manifest, platform: 'linux/arm64' },
          { manifest: amd64.manifest, platform: 'linux/amd64' },
        ],
        { format },
      );
      await registry.pushManifest(repository, index, '1.4.2');
      await expect(follow({}, `${repository}:1.4.2`)()).resolves.toEqual([
        {
          state: 'exists',
          digest: index.digest,
          facts: {
            createdAt: CREATED,
            ...SAID,
            platforms: [arm64.manifest.digest, amd64.manifest.digest],
          },
        },
      ]);
    },
  );

  it('lacks a tag, a digest and a repository', async () => {
    await push('shop/lacks', '1', buildImage());
    const look = follow(
      {},
      'shop/lacks:2',
      `shop/lacks@sha256:${'a'.repeat(64)}`,
      'shop/nothing:1',
    );
    await expect(look()).resolves.toEqual([
      { state: 'missing' },
      { state: 'missing' },
      { state: 'missing' },
    ]);
  });

  it('has what was missing as soon as it is pushed, and another image once its tag is moved', async () => {
    const look = follow({}, 'shop/moves:1');
    await expect(look()).resolves.toEqual([{ state: 'missing' }]);
    for (const version of ['a', 'b']) {
      const image = buildImage({
        labels: { 'org.opencontainers.image.version': version },
      });
      await push('shop/moves', '1', image);
      await expect(look()).resolves.toEqual([
        { state: 'exists', digest: image.manifest.digest, facts: { version } },
      ]);
    }
  });

  it.each<[what: string, config: JsonObject, reason: RegExp]>([
    [
      'with a wrong password',
      { password: 'wrong' },
      /does not let the account read this image \(401\)/,
    ],
    [
      'without the CA of its certificate',
      { ca: undefined },
      /certificate that is not trusted \(\w+\); give its CA/,
    ],
    ['by plain HTTP', { insecure: true, url: undefined }, /answered 400/],
  ])('says nothing of its images %s', async (_, config, reason) => {
    await push('shop/secret', '1', buildImage());
    await expect(follow(config, 'shop/secret:1')()).resolves.toEqual([
      { state: 'unknown', reason: expect.stringMatching(reason) },
    ]);
  });

  it('without credentials says nothing of its images', async () => {
    await push('shop/secret', '1', buildImage());
    const config = { username: undefined, password: undefined };
    await expect(follow(config, 'shop/secret:1')()).resolves.toEqual([
      {
        state: 'unknown',
        reason: expect.stringContaining('without credentials (401)'),
      },
    ]);
  });

  it('is not believed any more when it is down, and again when it is back', async () => {
    await push('shop/down', '1', buildImage());
    const look = follow({}, 'shop/down:1');
    const [before] = await look();
    expect(before).toMatchObject({ state: 'exists' });
    await registry.stop();
    await expect(look()).resolves.toEqual([before]);
    await expect(look()).resolves.toEqual([
      {
        state: 'unknown',
        reason: expect.stringMatching(/does not answer \(E\w+\)/),
      },
    ]);
    await registry.start();
    await expect(look()).resolves.toEqual([before]);
  });
};

describe('a real registry server, docker-registry', () => {
  if (hasDockerRegistry()) {
    describeServer();
  } else {
    it.todo(
      'is not on the PATH, so nothing is tested against it; install the package docker-registry',
    );
  }
});
