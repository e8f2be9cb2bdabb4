import {
  buildImage,
  buildIndex,
  Content,
  contentOf,
  descriptorOf,
  FORMATS,
} from './testUtils/imageBuilding';
import {
  registryError,
  ScriptedAnswer,
  ScriptedRegistry,
} from './testUtils/ScriptedRegistry';
import { createTestClient, NOW } from './testUtils/testClient';
import { RegistryAccess } from './RegistryAccess';
import { RegistryClient } from './RegistryClient';

const IMAGE = { repository: 'shop/web' };
const CREATED = '2026-11-20T10:00:00.000Z';
const REVISION = '8c5f1d2e9b7a4c3d8e6f0a1b2c3d4e5f60718293';
const SOURCE = 'https://github.test/shop/web';

const oci = (said: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(said).map(([name, value]) => [
      `org.opencontainers.image.${name}`,
      value,
    ]),
  );

const LABELS = oci({ source: SOURCE, revision: REVISION, version: '1.4.2' });
const SAID = { source: SOURCE, revision: REVISION, version: '1.4.2' };

const { manifest: web, config: webConfig } = buildImage({
  created: CREATED,
  labels: LABELS,
});
const { manifest: other } = buildImage({
  labels: oci({ version: 'arm' }),
});

const served = ({ mediaType, body, digest }: Content): ScriptedAnswer => ({
  status: 200,
  headers: { 'content-type': mediaType, 'docker-content-digest': digest },
  body: body.toString(),
});

describe('what an image says of itself', () => {
  let registry: ScriptedRegistry;
  let elsewhere: ScriptedRegistry;
  let client: RegistryClient;
  let elsewhereUrl: string;

  beforeEach(async () => {
    registry = new ScriptedRegistry();
    elsewhere = new ScriptedRegistry();
    elsewhereUrl = await elsewhere.start();
    client = await createClient({});
  });

  afterEach(async () => {
    await client.close();
    await Promise.all([registry.stop(), elsewhere.stop()]);
  });

  async function createClient(config: Partial<RegistryAccess>) {
    return createTestClient({ url: await registry.start(), ...config });
  }

  /** Has the registry serve pieces, each by its digest, and some of them as something else. */
  const serve = (
    pieces: Content[],
    instead: Record<string, ScriptedAnswer> = {},
  ) => {
    registry.answer = ({ path }) => {
      const digest = path.split('/').pop() ?? '';
      const piece = pieces.find(candidate => candidate.digest === digest);
      return (
        instead[digest] ??
        (piece ? served(piece) : registryError(404, 'BLOB_UNKNOWN'))
      );
    };
  };

  it.each(['oci', 'docker'] as const)(
    'is read from its configuration, in the types of %s',
    async format => {
      const { manifest, config } = buildImage({
        format,
        created: CREATED,
        labels: LABELS,
      });
      serve([manifest, config]);
      await expect(
        client.describe(IMAGE, manifest.digest, NOW),
      ).resolves.toEqual({
        state: 'described',
        facts: { createdAt: CREATED, ...SAID },
      });
      expect(registry.asked).toEqual([
        `GET /v2/shop/web/manifests/${manifest.digest}`,
        `GET /v2/shop/web/blobs/${config.digest}`,
      ]);
    },
  );

  it.each(['oci', 'docker'] as const)(
    'is that of linux/amd64 in an index of %s, which lists its platforms without what attests them',
    async format => {
      const index = buildIndex(
        [
          { manifest: other, platform: 'linux/arm64' },
          { manifest: web },
          {
            manifest: contentOf(FORMATS.oci.manifest, { attests: 'something' }),
            platform: 'unknown/unknown',
            annotations: {
              'vnd.docker.reference.type': 'attestation-manifest',
            },
          },
        ],
        { format },
      );
      serve([index, web, webConfig]);
      await expect(client.describe(IMAGE, index.digest, NOW)).resolves.toEqual({
        state: 'described',
        facts: {
          createdAt: CREATED,
          ...SAID,
          platforms: [other.digest, web.digest],
        },
      });
    },
  );

  it('is that of the first platform where there is none for linux/amd64', async () => {
    const index = buildIndex([{ manifest: web, platform: 'windows/amd64' }]);
    serve([index, web, webConfig]);
    await expect(
      client.describe(IMAGE, index.digest, NOW),
    ).resolves.toMatchObject({ facts: SAID });
  });

  it('follows a redirect of a registry that keeps content elsewhere, without its password', async () => {
    client = await createClient({
      credentials: () => ({ username: 'reader', password: 's3cret' }),
    });
    serve([web], {
      [webConfig.digest]: {
        status: 307,
        headers: { location: `${elsewhereUrl}/blob?signature=x` },
      },
    });
    const answer = registry.answer;
    registry.answer = asked =>
      asked.authorization
        ? answer(asked)
        : { status: 401, headers: { 'www-authenticate': 'Basic' } };
    elsewhere.answer = () => served(webConfig);
    await expect(
      client.describe(IMAGE, web.digest, NOW),
    ).resolves.toMatchObject({ facts: SAID });
    expect(elsewhere.asked).toEqual(['GET /blob?signature=x']);
  });

  describe('is not believed, and asked for again,', () => {
    const OTHER = 'answers with other content than that of the digest';
    it.each<[string, Record<string, ScriptedAnswer>, string]>([
      [
        'where the manifest is another one',
        { [web.digest]: served(other) },
        OTHER,
      ],
      [
        'where the configuration is another one',
        { [webConfig.digest]: { status: 200, body: '{"created":"2026"}' } },
        OTHER,
      ],
      [
        'where a manifest has no end',
        { [web.digest]: { status: 200, body: ' '.repeat(3 * 1024 * 1024) } },
        OTHER,
      ],
      [
        'where a configuration is longer than it should be',
        {
          [webConfig.digest]: {
            status: 200,
            body: `${webConfig.body.toString()} `,
          },
        },
        OTHER,
      ],
      [
        'where it must not be read',
        { [webConfig.digest]: registryError(403, 'DENIED') },
        'does not allow to read this image (403)',
      ],
      [
        'where the registry takes no more requests',
        { [web.digest]: { status: 429, headers: { 'retry-after': '30' } } },
        'takes no more requests',
      ],
    ])('%s', async (_, instead, reason) => {
      serve([web, webConfig], instead);
      await expect(
        client.describe(IMAGE, web.digest, NOW),
      ).resolves.toMatchObject({
        state: 'unknown',
        reason: expect.stringContaining(reason),
      });
    });

    it('where its digest is none that can be verified', async () => {
      const digest = `md5:${'a'.repeat(32)}`;
      serve([], { [digest]: served(web) });
      await expect(client.describe(IMAGE, digest, NOW)).resolves.toMatchObject({
        state: 'unknown',
      });
    });
  });

  describe('is nothing, once and for all,', () => {
    const listed = { ...descriptorOf(webConfig) };
    it.each<[string, Content]>([
      ['of what is no JSON', contentOf(FORMATS.oci.manifest, '<html>')],
      ['of what is null', contentOf(FORMATS.oci.manifest, 'null')],
      [
        'of a signed manifest of Docker, which is from before there were labels',
        contentOf('application/vnd.docker.distribution.manifest.v1+prettyjws', {
          schemaVersion: 1,
          fsLayers: [],
        }),
      ],
      [
        'of a chart',
        contentOf(FORMATS.oci.manifest, {
          config: {
            ...listed,
            mediaType: 'application/vnd.cncf.helm.config.v1+json',
          },
        }),
      ],
      [
        'of a configuration that says it is huge',
        contentOf(FORMATS.oci.manifest, {
          config: { ...listed, size: 1024 ** 4 },
        }),
      ],
      [
        'of a configuration whose digest is a path',
        contentOf(FORMATS.oci.manifest, {
          config: { ...listed, digest: '../../../../admin' },
        }),
      ],
      [
        'of an image whose digest in the index is a path',
        contentOf(FORMATS.oci.index, {
          manifests: [{ ...descriptorOf(web), digest: '../../../../admin' }],
        }),
      ],
    ])('%s', async (_, manifest) => {
      serve([manifest, webConfig]);
      const { facts } = (await client.describe(
        IMAGE,
        manifest.digest,
        NOW,
      )) as { facts: object };
      expect({ ...facts, platforms: undefined }).toEqual({});
      expect(registry.asked).toHaveLength(1);
    });
  });
});
