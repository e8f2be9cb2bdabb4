import { LOOPBACK_CERTIFICATE, PRIVATE_CA } from './testUtils/privateCa';
import {
  registryError,
  ScriptedAnswer,
  ScriptedRegistry,
} from './testUtils/ScriptedRegistry';
import { createTestClient, NOW } from './testUtils/testClient';
import { RegistryAccess } from './RegistryAccess';
import { RegistryClient } from './RegistryClient';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const SECRET = 'p4ss-w0rd';
const IMAGE = {
  host: 'registry.test',
  repository: 'shop/web',
  reference: '1.4.2',
};
const PATH = '/v2/shop/web/manifests/1.4.2';
const ACCOUNT = () => ({ username: 'reader', password: SECRET });
const BASIC = `Basic ${Buffer.from(`reader:${SECRET}`).toString('base64')}`;

const there: ScriptedAnswer = {
  status: 200,
  headers: {
    'content-type': 'application/vnd.oci.image.index.v1+json',
    'docker-content-digest': DIGEST,
  },
};
const missing = registryError(404, 'MANIFEST_UNKNOWN');

describe('RegistryClient', () => {
  const clients: RegistryClient[] = [];
  let registry: ScriptedRegistry;
  let other: ScriptedRegistry;
  let url: string;
  let otherUrl: string;

  beforeEach(async () => {
    registry = new ScriptedRegistry();
    other = new ScriptedRegistry();
    [url, otherUrl] = await Promise.all([registry.start(), other.start()]);
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map(client => client.close()));
    await Promise.all([registry.stop(), other.stop()]);
  });

  function createClient(...parameters: Parameters<typeof createTestClient>) {
    const client = createTestClient(...parameters);
    clients.push(client);
    return client;
  }

  async function look(
    config: Partial<RegistryAccess> = {},
    options: { timeoutMs?: number; image?: Partial<typeof IMAGE> } = {},
  ) {
    const client = createClient({ url, ...config }, options);
    return client.look({ ...IMAGE, ...options.image }, NOW);
  }

  describe('takes for', () => {
    it.each<
      [
        string,
        ScriptedAnswer | { head: ScriptedAnswer; get: ScriptedAnswer },
        object,
      ]
    >([
      ['there what has a digest', there, { state: 'exists', digest: DIGEST }],
      [
        'there what is a manifest although no digest is told',
        {
          status: 200,
          headers: {
            'content-type':
              'application/vnd.docker.distribution.manifest.v2+json',
          },
        },
        { state: 'exists' },
      ],
      [
        'there what only GET has',
        { head: { status: 405 }, get: there },
        { state: 'exists', digest: DIGEST },
      ],
      ['missing a tag that is unknown', missing, { state: 'missing' }],
      [
        'missing an image that is unknown',
        registryError(404, 'NAME_UNKNOWN'),
        { state: 'missing' },
      ],
      [
        'missing what Harbor says is not found',
        registryError(404, 'NOT_FOUND'),
        { state: 'missing' },
      ],
      [
        'unknown what is not found as a web server says it: the address may be wrong',
        { status: 404, body: '<h1>Not Found</h1>' },
        {
          state: 'unknown',
          away: false,
          reason: expect.stringContaining('correct its address there'),
        },
      ],
      [
        'unknown a page to sign in',
        { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>' },
        { state: 'unknown', reason: expect.stringContaining('with a page') },
      ],
      [
        'unknown what needs credentials',
        { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } },
        {
          state: 'unknown',
          away: false,
          reason:
            'registry.test lets nobody read this image without credentials (401); give some in the settings, or check that the repository is there',
        },
      ],
      [
        'unknown what is forbidden',
        registryError(403, 'DENIED'),
        {
          state: 'unknown',
          away: false,
          reason:
            'registry.test does not allow to read this image (403); check what the public may read, and that the repository is there',
        },
      ],
      [
        'away who has had too many requests, for as long as it says',
        {
          ...(missing as object),
          status: 429,
          headers: { 'retry-after': '90' },
        },
        {
          state: 'unknown',
          away: true,
          retryAfterMs: 90_000,
          reason: 'registry.test takes no more requests for now (429)',
        },
      ],
      [
        'away who fails',
        { status: 503 },
        { state: 'unknown', away: true, reason: 'registry.test fails (503)' },
      ],
      [
        'away who is silent',
        'silence',
        {
          state: 'unknown',
          away: true,
          reason: 'registry.test does not answer within 0.2 s',
        },
      ],
    ])('%s', async (_, answer, says) => {
      registry.answer = ({ method }) =>
        typeof answer === 'object' && 'head' in answer
          ? answer[method === 'HEAD' ? 'head' : 'get']
          : answer;
      const timeoutMs = answer === 'silence' ? 200 : undefined;
      await expect(look({}, { timeoutMs })).resolves.toMatchObject(says);
    });

    it('away who is not there, or has no address', async () => {
      await registry.stop();
      await expect(look()).resolves.toEqual({
        state: 'unknown',
        away: true,
        reason: 'registry.test does not answer (ECONNREFUSED)',
      });
      await expect(
        look({ url: 'http://registry.invalid' }),
      ).resolves.toMatchObject({
        state: 'unknown',
        away: true,
        reason: expect.stringMatching(
          /has no address \((ENOTFOUND|EAI_AGAIN)\)/,
        ),
      });
    });
  });

  it('asks for indexes and lists too, with a HEAD alone where that tells', async () => {
    let accepted = '';
    registry.answer = ({ accept }) => {
      accepted = accept;
      return there;
    };
    await look();
    expect(registry.asked).toEqual([`HEAD ${PATH}`]);
    expect(accepted).toContain('application/vnd.oci.image.index.v1+json');
    expect(accepted).toContain(
      'application/vnd.docker.distribution.manifest.list.v2+json',
    );
  });

  it('takes what a digest means from nobody', async () => {
    registry.answer = () => ({
      status: 200,
      headers: { 'docker-content-digest': `sha256:${'b'.repeat(64)}` },
    });
    await expect(look({}, { image: { reference: DIGEST } })).resolves.toEqual({
      state: 'exists',
      digest: DIGEST,
    });
  });

  it.each(['sha256:a', 'md5:aaaa', `sha256:${'g'.repeat(64)}`, 'x'])(
    'takes %s for no digest',
    async digest => {
      registry.answer = () => ({
        status: 200,
        headers: { 'docker-content-digest': digest },
      });
      await expect(look()).resolves.toEqual({ state: 'exists' });
    },
  );

  it('asks for a digest, below the path that the registry has', async () => {
    registry.answer = () => there;
    await look({ url: `${url}/proxy` }, { image: { reference: DIGEST } });
    expect(registry.asked).toEqual([
      `HEAD /proxy/v2/shop/web/manifests/${DIGEST}`,
    ]);
  });

  describe('with a token service', () => {
    const challenge = (
      realm: string,
      rest = ',service="registry.test",scope="repository:shop/web:pull"',
    ) => ({
      status: 401,
      headers: { 'www-authenticate': `Bearer realm="${realm}"${rest}` },
    });
    const wants = (answer: ScriptedAnswer) => {
      registry.answer = ({ authorization }) =>
        authorization === 'Bearer granted'
          ? answer
          : challenge(`${otherUrl}/token?from=registry`);
    };

    it.each([
      ['nobody', () => undefined, 'nothing'],
      ['an account', ACCOUNT, BASIC],
    ])(
      'asks it as %s, and uses the token until it ends',
      async (_, credentials, sent) => {
        wants(there);
        const seen: string[] = [];
        other.answer = ({ query, authorization = 'nothing' }) => {
          seen.push([...query].join(' '), authorization);
          return {
            status: 200,
            body: { access_token: 'granted', expires_in: 300 },
          };
        };
        const client = createClient({ url, credentials });
        for (let times = 0; times < 3; times += 1) {
          await expect(client.look(IMAGE, NOW)).resolves.toMatchObject({
            state: 'exists',
          });
        }
        expect(seen).toEqual([
          [
            'from,registry service,registry.test scope,repository:shop/web:pull',
            ...(sent === BASIC ? ['account,reader'] : []),
          ].join(' '),
          sent,
        ]);
        expect(registry.asked).toHaveLength(4);
      },
    );

    it('asks for a new token where the registry takes the old one no more', async () => {
      let granted = 0;
      let valid = 'token-1';
      registry.answer = ({ authorization }) =>
        authorization === `Bearer ${valid}` ? there : challenge(otherUrl);
      other.answer = () => {
        granted += 1;
        return { status: 200, body: { token: `token-${granted}` } };
      };
      const client = createClient({ url });
      await client.look(IMAGE, NOW);
      valid = 'token-2';
      await expect(client.look(IMAGE, NOW)).resolves.toMatchObject({
        state: 'exists',
      });
    });

    it.each<[string, ScriptedAnswer, string]>([
      [
        'refuses the account',
        registryError(401, 'UNAUTHORIZED'),
        'The token service of registry.test does not let the account read this image (401)',
      ],
      [
        'denies it, as GHCR does for what is not there',
        registryError(403, 'DENIED'),
        'The token service of registry.test does not allow',
      ],
      [
        'has no token',
        { status: 200, body: { token: 'a b\n' } },
        'The token service of registry.test answers without a token',
      ],
      [
        'redirects: a password does not follow',
        { status: 302, headers: { location: 'http://127.0.0.1:1/' } },
        'The token service of registry.test answered 302',
      ],
      ['fails', { status: 500 }, 'The token service of registry.test fails'],
    ])('says so when it %s', async (_, answer, says) => {
      wants(there);
      other.answer = () => answer;
      const answered = await look({ credentials: ACCOUNT });
      expect(answered).toMatchObject({
        state: 'unknown',
        reason: expect.stringContaining(says),
      });
    });

    it('says so when Docker Hub gives a token that allows nothing', async () => {
      registry.answer = () => challenge(otherUrl);
      other.answer = () => ({ status: 200, body: { token: 'nothing' } });
      await expect(look()).resolves.toMatchObject({
        state: 'unknown',
        away: false,
        reason: expect.stringContaining('(401)'),
      });
      expect(registry.asked).toHaveLength(2);
    });

    it('does not ask one by plain HTTP, nor what is no address, where the registry is HTTPS', async () => {
      const secure = new ScriptedRegistry();
      const secureUrl = await secure.start(LOOPBACK_CERTIFICATE);
      try {
        for (const realm of [otherUrl, 'file:///etc/passwd', 'token', '']) {
          secure.answer = () => challenge(realm, '');
          await expect(
            look({ url: secureUrl, ca: PRIVATE_CA, credentials: ACCOUNT }),
          ).resolves.toMatchObject({
            state: 'unknown',
            reason: expect.stringContaining('that is not asked'),
          });
        }
        expect(other.asked).toEqual([]);
      } finally {
        await secure.stop();
      }
    });
  });

  it('sends a password where the registry wants one, and a token at once', async () => {
    registry.answer = ({ authorization }) =>
      authorization
        ? there
        : { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } };
    await look({ credentials: ACCOUNT });
    await look({ credentials: () => ({ token: SECRET }) });
    expect(registry.asked).toEqual([
      `HEAD ${PATH}`,
      `HEAD ${PATH} ${BASIC}`,
      `HEAD ${PATH} Bearer ${SECRET}`,
    ]);
  });

  describe('keeps credentials', () => {
    it('to the registry, where it redirects to another host', async () => {
      registry.answer = ({ authorization }) =>
        authorization
          ? { status: 307, headers: { location: `${otherUrl}/mirror` } }
          : { status: 401, headers: { 'www-authenticate': 'Basic' } };
      other.answer = () => there;
      await expect(look({ credentials: ACCOUNT })).resolves.toMatchObject({
        state: 'exists',
      });
      await look({ credentials: () => ({ token: SECRET }) });
      expect(other.asked).toEqual(['HEAD /mirror', 'HEAD /mirror']);
    });

    it('from another host that it is redirected to and that asks for them', async () => {
      registry.answer = () => ({
        status: 302,
        headers: { location: `${otherUrl}/mirror` },
      });
      other.answer = () => ({
        status: 401,
        headers: { 'www-authenticate': 'Basic' },
      });
      await expect(look({ credentials: ACCOUNT })).resolves.toMatchObject({
        state: 'unknown',
        reason: expect.stringContaining('which wants credentials of its own'),
      });
      expect(other.asked).toEqual(['HEAD /mirror']);
    });

    it.each<[string, string]>([
      ['without end', '/v2/loop'],
      ['to what is no web address', 'ftp://127.0.0.1/'],
      ['with a name and a password', 'http://a:b@127.0.0.1/'],
    ])('and does not follow a redirect %s', async (_, location) => {
      registry.answer = () => ({ status: 302, headers: { location } });
      await expect(look({ credentials: ACCOUNT })).resolves.toMatchObject({
        state: 'unknown',
        reason: expect.stringContaining('where it is not followed'),
      });
    });

    it.each([
      ['a password', ACCOUNT],
      ['a token', () => ({ token: SECRET })],
      ['a token that no header can carry', () => ({ token: `${SECRET}\n€` })],
      [
        'a name that no header can carry, which is encoded',
        () => ({ username: 'ré\nader', password: SECRET }),
      ],
    ])('out of what it says: %s', async (_, credentials) => {
      // Whatever it is sent it sends back.
      const answers = [401, 403, 404, 418, 429, 500, 302].map(
        (status): ScriptedRegistry['answer'] =>
          ({ authorization = 'Basic' }) => ({
            status,
            headers: {
              'www-authenticate': `Basic realm="${authorization}"`,
              location: `http://${SECRET}@127.0.0.1/`,
            },
            body: { errors: [{ code: authorization, message: SECRET }] },
          }),
      );
      for (const answer of answers) {
        registry.answer = answer;
        const said = JSON.stringify(await look({ credentials }));
        expect(said).toContain('unknown');
        expect(said).not.toContain(SECRET);
        expect(said).not.toContain(BASIC.slice(6));
      }
    });
  });

  describe('over TLS', () => {
    let secure: ScriptedRegistry;
    let secureUrl: string;

    beforeEach(async () => {
      secure = new ScriptedRegistry();
      secure.answer = () => there;
      secureUrl = await secure.start(LOOPBACK_CERTIFICATE);
    });

    afterEach(async () => {
      await secure.stop();
    });

    it('trusts the CA that is configured', async () => {
      await expect(
        look({ url: secureUrl, ca: PRIVATE_CA }),
      ).resolves.toMatchObject({ state: 'exists' });
    });

    it('says what to do about a certificate that is not trusted', async () => {
      await expect(look({ url: secureUrl })).resolves.toMatchObject({
        state: 'unknown',
        away: true,
        reason: expect.stringMatching(
          /^registry\.test has a certificate that is not trusted \(\w+\); give its CA in the settings$/,
        ),
      });
      expect(secure.asked).toEqual([]);
    });

    it('says so where nobody speaks it', async () => {
      await expect(
        look({ url: url.replace('http:', 'https:') }),
      ).resolves.toMatchObject({
        state: 'unknown',
        reason: expect.stringContaining('does not speak HTTPS'),
      });
    });
  });

  it('ends when it is told to', async () => {
    registry.answer = () => 'silence';
    const stop = new AbortController();
    const client = createClient({ url });
    const looking = client.look(IMAGE, stop.signal);
    stop.abort(new Error('enough'));
    await expect(looking).rejects.toThrow('enough');
  });
});
