import {
  buildImage,
  digestOf,
  registryError,
  ScriptedAnswer,
  ScriptedRegistry,
} from '@gitops-infra/registry-client/testUtils';
import {
  emptyFolder,
  findingsIn,
  gitopsInfra,
  infraTree,
  removeTrees,
  STAGE_OVERLAY,
  write,
} from '../__testUtils__/infraTree';
import { parseRegistry } from './readRegistries';

afterAll(removeTrees);

const BASIC = `Basic ${Buffer.from('reader:s3cret').toString('base64')}`;
const NOBODY = { HOME: '/nowhere' };

const pinning = (pin: string) => `resources: [../../base]
namespace: demo-stage
images:
  - {name: demo, newName: localhost:5001/demo, ${pin}}
patches:
  - target: {kind: Ingress}
    patch: |-
      - {op: replace, path: /spec/rules/0/host, value: stage.localtest.me}
`;
const tree = (pin: string) => infraTree({ [STAGE_OVERLAY]: pinning(pin) });

describe('parseRegistry', () => {
  it.each([
    ['ghcr.io', 'ghcr.io', 'https://ghcr.io'],
    ['GHCR.io', 'ghcr.io', 'https://ghcr.io'],
    ['docker.io', 'docker.io', 'https://registry-1.docker.io'],
    ['localhost:5001', 'localhost:5001', 'http://localhost:5001'],
    ['r.test=http://r.test:8080/p/', 'r.test', 'http://r.test:8080/p'],
  ])('reads %s', (text, host, url) => {
    expect(parseRegistry(text)).toEqual({ host, url });
  });

  it.each([
    '',
    'https://ghcr.io',
    'ghcr.io/a',
    'r.test=',
    'r.test=ftp://r',
    'r.test=https://a:b@r',
  ])('takes %s for none', text => {
    expect(parseRegistry(text)).toBeUndefined();
  });
});

describe('--registry', () => {
  let registry: ScriptedRegistry;
  let named: string[];

  beforeEach(async () => {
    registry = new ScriptedRegistry();
    named = ['--registry', `localhost:5001=${await registry.start()}`];
  });
  afterEach(() => registry.stop());

  /** Has the registry have some tags of the image, each with what is behind it. */
  const has = (tags: Record<string, ReturnType<typeof buildImage>>) => {
    registry.answer = ({ path }): ScriptedAnswer => {
      const reference = path.split('/').pop() ?? '';
      const pieces = Object.entries(tags).flatMap(
        ([tag, { manifest, config }]) => [
          { names: [tag, manifest.digest], piece: manifest },
          { names: [config.digest], piece: config },
        ],
      );
      const found = pieces.find(({ names }) => names.includes(reference));
      return found
        ? {
            status: 200,
            headers: {
              'content-type': found.piece.mediaType,
              'docker-content-digest': found.piece.digest,
            },
            body: found.piece.body.toString(),
          }
        : registryError(404, 'MANIFEST_UNKNOWN');
    };
  };

  it('says what it lacks, and has nothing to say of what it has', async () => {
    has({ '1.4.2': buildImage() });
    expect(
      await findingsIn(tree('newTag: "9.9.9"'), named, NOBODY),
    ).toMatchObject([
      {
        code: 'tag-missing',
        severity: 'error',
        message: expect.stringContaining('localhost:5001/demo:9.9.9'),
        file: STAGE_OVERLAY,
        line: 4,
      },
    ]);
    const { code } = await gitopsInfra(
      tree('newTag: "9.9.9"'),
      ['check', ...named],
      NOBODY,
    );
    expect(code).toBe(1);
    expect(await findingsIn(tree('newTag: "1.4.2"'), named, NOBODY)).toEqual(
      [],
    );
  });

  it('says where a tag is another image than the digest beside it', async () => {
    has({ '1.4.2': buildImage(), '1.5.0': buildImage({ created: 'now' }) });
    const old = digestOf(Buffer.from('old'));
    const pinned = tree(`newTag: "1.5.0", digest: "${old}"`);
    expect(await findingsIn(pinned, named, NOBODY)).toMatchObject([
      { code: 'tag-missing' },
      { code: 'tag-moved', severity: 'warning' },
    ]);
  });

  it('says what could not be checked, and does not fail for it', async () => {
    registry.answer = () => ({ status: 503 });
    const root = tree('newTag: "9.9.9"');
    expect(await findingsIn(root, named, NOBODY)).toMatchObject([
      {
        code: 'tag-missing',
        severity: 'info',
        message: expect.stringContaining('localhost:5001 fails (503)'),
      },
      { code: 'tag-missing', severity: 'info' },
    ]);
    const { code } = await gitopsInfra(
      root,
      ['check', '--max-warnings', '0', ...named],
      NOBODY,
    );
    expect(code).toBe(0);
  });

  it('is not asked again once it does not answer', async () => {
    registry.answer = () => ({ status: 503 });
    const many = Array.from({ length: 40 }, (_, at) => `demo-${at}`);
    const root = infraTree({
      [STAGE_OVERLAY]: `resources: [../../base]\nnamespace: demo-stage\nimages:\n${many
        .map(
          name =>
            `  - {name: ${name}, newName: localhost:5001/${name}, newTag: "1"}\n`,
        )
        .join('')}`,
    });
    await findingsIn(root, named, NOBODY);
    expect(registry.asked.length).toBeLessThanOrEqual(4);
  });

  it('asks no registry that is not named, and none without it', async () => {
    has({});
    const root = tree('newTag: "9.9.9"');
    expect(await findingsIn(root, [], NOBODY)).toEqual([]);
    const other = ['--registry', named[1].replace('localhost:5001', 'r.test')];
    expect(await findingsIn(root, other, NOBODY)).toEqual([]);
    expect(registry.asked).toEqual([]);
  });

  describe('is asked as', () => {
    const asAccount = () => {
      has({ '1.4.2': buildImage() });
      const answer = registry.answer;
      registry.answer = asked =>
        asked.authorization === BASIC
          ? answer(asked)
          : { status: 401, headers: { 'www-authenticate': 'Basic' } };
    };
    const dockerConfig = (config: string) => {
      const folder = emptyFolder();
      write(folder, { 'config.json': config });
      return { ...NOBODY, DOCKER_CONFIG: folder };
    };
    const auth = BASIC.slice('Basic '.length);

    it.each([
      [
        'the account that the environment names',
        () => ({
          ...NOBODY,
          REGISTRY_USERNAME: 'reader',
          REGISTRY_PASSWORD: 's3cret',
        }),
      ],
      [
        'the account that docker login wrote down',
        () =>
          dockerConfig(
            JSON.stringify({ auths: { 'localhost:5001': { auth } } }),
          ),
      ],
    ])('%s', async (_, env) => {
      asAccount();
      expect(await findingsIn(tree('newTag: "1.4.2"'), named, env())).toEqual(
        [],
      );
      expect(registry.asked.length).toBeGreaterThan(0);
    });

    it.each([
      ['nobody', '{}'],
      ['nobody, where a helper keeps the account', '{"credsStore":"desktop"}'],
      [
        'nobody, where the account is another registry’s',
        JSON.stringify({ auths: { 'ghcr.io': { auth } } }),
      ],
    ])('%s', async (_, config) => {
      asAccount();
      const [finding] = await findingsIn(
        tree('newTag: "1.4.2"'),
        named,
        dockerConfig(config),
      );
      expect(finding).toMatchObject({
        severity: 'info',
        message: expect.stringContaining('give some with docker login'),
      });
    });

    it('nobody at all where the account could be meant for another one', async () => {
      const { code, err } = await gitopsInfra(
        tree('newTag: "1.4.2"'),
        ['check', ...named, '--registry', 'ghcr.io'],
        { ...NOBODY, REGISTRY_USERNAME: 'reader', REGISTRY_PASSWORD: 's3cret' },
      );
      expect(code).toBe(2);
      expect(err).toContain('are for one registry');
      expect(registry.asked).toEqual([]);
    });

    it('is not known where what docker login wrote is broken, which is not shown', async () => {
      const { code, err } = await gitopsInfra(
        tree('newTag: "1.4.2"'),
        ['check', ...named],
        dockerConfig(`{"auths": "${auth}`),
      );
      expect(code).toBe(2);
      expect(err).toContain('is no JSON');
      expect(err).not.toContain(auth);
    });
  });

  it('ends with 2 for what is no registry', async () => {
    const { code, err } = await gitopsInfra(infraTree(), [
      'check',
      '--registry',
      'https://ghcr.io',
    ]);
    expect(code).toBe(2);
    expect(err).toContain('https://ghcr.io is no registry');
  });
});
