import { generateKeyPairSync } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { auditorServiceFactory } from '@backstage/backend-defaults/auditor';
import { mockServices } from '@backstage/backend-test-utils';
import { createServiceFactory } from '@backstage/backend-plugin-api';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { eventually, Sandbox, startTestSandbox } from '@gitops-infra/sandbox';
import { Response } from 'supertest';
import { CapturedLog } from './__testUtils__/CapturedLog';
import { FailingProxy } from './__testUtils__/FailingProxy';
import {
  ENTITY,
  GitopsBackend,
  LOCAL,
  REQUEST,
} from './__testUtils__/gitopsBackend';

// Upstreams are followed in real time.
jest.setTimeout(60_000);

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const SECRETS = {
  userToken: 'gho_SECRETtokenOfThePerson',
  githubToken: 'ghp_SECRETtokenOfTheIntegration',
  appToken: 'ghs_SECRETtokenOfTheInstallation',
  appClientSecret: 'SECRETofTheApp',
  webhookSecret: 'SECRETofTheWebhook',
  argocdToken: 'SECRETtokenOfArgocd',
  registryPassword: 'SECRETpasswordOfTheRegistry',
  registryCredentials: Buffer.from(
    'robot:SECRETpasswordOfTheRegistry',
  ).toString('base64'),
  keyOfTheApp: privateKey.split('\n')[1],
};

type Fail = (request: IncomingMessage, response: ServerResponse) => void;

const status =
  (code: number, body: string = '{"message":"no"}'): Fail =>
  (_, response) => {
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(body);
  };

const FAILURES: [name: string, fail: Fail][] = [
  ['refuse the credentials (401)', status(401)],
  ['forbid (403)', status(403)],
  ['know nothing (404)', status(404)],
  ['do not accept it (422)', status(422)],
  ['fail (500)', status(500)],
  ['fail behind a proxy (502)', status(502, '<html>Bad Gateway</html>')],
  ['answer with a page', status(200, '<html>Sign in</html>')],
  ['cut the connection', request => request.socket.destroy()],
  [
    'send it elsewhere',
    (_, response) => {
      response.writeHead(302, { location: 'http://127.0.0.1:1/elsewhere' });
      response.end();
    },
  ],
];

describe('secrets', () => {
  const log = new CapturedLog();
  const answers: unknown[] = [];
  const events = mockServices.events();
  let sandbox: Sandbox;
  let github: FailingProxy;
  let argocd: FailingProxy;
  let registry: FailingProxy;
  let backend: GitopsBackend;

  const start = (integration: object, promotions: object = {}) =>
    GitopsBackend.start(sandbox, {
      config: {
        github: { apiBaseUrl: github.url, token: undefined, ...integration },
        argocd: { url: argocd.url, token: SECRETS.argocdToken },
        gitops: {
          registries: [
            {
              host: 'localhost:5001',
              url: registry.url,
              username: 'robot',
              password: SECRETS.registryPassword,
            },
          ],
          promotions,
        },
      },
      features: [
        log.factory,
        auditorServiceFactory,
        createServiceFactory({
          service: eventsServiceRef,
          deps: {},
          factory: () => events,
        }),
      ],
    });

  const send = async (
    method: 'get' | 'post',
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ) => {
    const asked =
      method === 'get' ? backend.get(path) : backend.post(path, body);
    const answer = await asked.set(headers);
    answers.push(answer.body, answer.headers);
    return answer;
  };
  const until = async (
    look: () => Promise<Response>,
    isThere: (body: any) => unknown,
  ) => (await eventually(look, ({ body }) => isThere(body))).body;
  const seen = (body: any) => body.environments?.[1]?.images.length === 1;

  const rows = async () => {
    const { knex } = backend;
    const tables = await knex('sqlite_master').where({ type: 'table' });
    return Promise.all(tables.map(({ name }) => knex(name).select()));
  };

  const expectNoSecret = async () => {
    const kept = `${log.text}\n${JSON.stringify([answers, await rows()])}`;
    for (const secret of Object.values(SECRETS)) {
      expect(kept).not.toContain(secret);
    }
  };

  beforeAll(async () => {
    sandbox = await startTestSandbox();
    github = await FailingProxy.start(
      sandbox.urls.github,
      sandbox.tokens.github,
    );
    argocd = await FailingProxy.start(
      sandbox.urls.argocd,
      sandbox.tokens.argocd,
    );
    registry = await FailingProxy.start(sandbox.urls.registry);
  });

  beforeEach(async () => {
    await sandbox.reset();
    answers.splice(0);
    log.lines.splice(0);
    for (const proxy of [github, argocd, registry]) {
      proxy.authorizations.clear();
      proxy.writes.splice(0);
    }
  });

  afterAll(async () => {
    await Promise.all([github, argocd, registry].map(proxy => proxy.close()));
    await sandbox.close();
  });

  describe('are in no log, audit event or answer where all upstreams', () => {
    afterEach(async () => {
      for (const proxy of [github, argocd, registry]) {
        proxy.fail = undefined;
      }
      await backend.stop();
    });

    it.each(FAILURES)('%s', async (_, fail) => {
      backend = await start({ token: SECRETS.githubToken });
      await until(() => send('get', `${ENTITY}/environments`), seen);
      const { body } = await send('post', `${ENTITY}/promotions`, REQUEST);
      const { id, headCommit } = body.promotion;
      // Credentials are sent to a registry that asks for them; what is pinned anew is looked for at once.
      registry.fail = (asked, response) =>
        asked.headers.authorization
          ? fail(asked, response)
          : response
              .writeHead(401, { 'www-authenticate': 'Basic realm="registry"' })
              .end();
      const text = (await sandbox.readFile(LOCAL))!;
      await sandbox.commit({ [LOCAL]: text.replace('1.4.2', '1.4.9') }, 'Pin');
      await until(
        () => send('get', '/api/gitops/status'),
        () => registry.authorizations.size > 0,
      );
      for (const proxy of [github, argocd]) {
        proxy.fail = fail;
        proxy.cut();
      }
      await until(
        () => send('get', '/api/gitops/status'),
        ({ repositories, argocd: instances }) =>
          repositories[0].error && instances[0].error,
      );
      const failed = [
        await send('post', `${ENTITY}/promotions`, REQUEST),
        await send('post', `/api/gitops/promotions/${id}/merge`, {
          headCommit,
        }),
        await send('post', `/api/gitops/promotions/${id}/close`),
      ];
      expect(failed.filter(answer => answer.status < 400)).toEqual([]);
      await events.publish({
        topic: 'github.pull_request',
        eventPayload: {
          pull_request: { number: 1 },
          repository: { html_url: sandbox.urls.repository },
        },
      });
      await send('get', `/api/gitops/promotions/${id}`);
      await send('get', `${ENTITY}/environments`);
      expect(log.audited.length).toBeGreaterThanOrEqual(3);
      // Each was sent, to its own upstream.
      expect([
        [...github.authorizations],
        [...argocd.authorizations],
        [...registry.authorizations],
      ]).toEqual([
        [`token ${SECRETS.githubToken}`],
        [`Bearer ${SECRETS.argocdToken}`],
        [`Basic ${SECRETS.registryCredentials}`],
      ]);
      await expectNoSecret();
    });
  });

  describe('of a person, with whose token pull requests are written,', () => {
    const asPerson = { 'x-gitops-github-token': SECRETS.userToken };
    const PERSON = `token ${SECRETS.userToken}`;

    beforeEach(async () => {
      backend = await start({ token: SECRETS.githubToken }, { asUser: true });
      await until(() => send('get', `${ENTITY}/environments`), seen);
    });

    afterEach(async () => {
      github.fail = undefined;
      github.failsFor = () => true;
      await backend.stop();
    });

    const promote = async (headers?: Record<string, string>) =>
      send('post', `${ENTITY}/promotions`, REQUEST, headers);

    it('are sent to GitHub with what is written, and kept nowhere', async () => {
      const preview = await send(
        'post',
        `${ENTITY}/promotions/preview`,
        REQUEST,
      );
      expect(preview.body.asUser).toBe(true);
      // What a page is given again as it is says it as well.
      for (let view = 0; view < 2; view++) {
        const { body } = await send('get', `${ENTITY}/environments`);
        expect(body.asUser).toBe(true);
      }

      const opened = await promote(asPerson);
      expect(opened.status).toBe(201);
      expect(new Set(github.writes.map(write => write.authorization))).toEqual(
        new Set([PERSON]),
      );
      expect(github.writes.map(({ path }) => path)).toEqual([
        expect.stringMatching(/git\/trees$/),
        expect.stringMatching(/git\/commits$/),
        expect.stringMatching(/git\/refs$/),
        expect.stringMatching(/pulls$/),
      ]);

      const { id, headCommit } = opened.body.promotion;
      const gates = await send('get', `/api/gitops/promotions/${id}/gates`);
      expect(gates.body.asUser).toBe(true);
      const merged = await send(
        'post',
        `/api/gitops/promotions/${id}/merge`,
        { headCommit },
        asPerson,
      );
      expect(merged.body.state).toBe('merged');
      expect(github.writes).toContainEqual({
        method: 'PUT',
        path: expect.stringMatching(/pulls\/1\/merge$/),
        authorization: PERSON,
      });
      expect(log.audited).toHaveLength(2);
      await expectNoSecret();
    });

    it('are sent with the closing of one', async () => {
      const { id } = (await promote(asPerson)).body.promotion;
      const closed = await send(
        'post',
        `/api/gitops/promotions/${id}/close`,
        undefined,
        asPerson,
      );
      expect(closed.body.state).toBe('closed');
      expect(github.writes).toContainEqual({
        method: 'PATCH',
        path: expect.stringMatching(/pulls\/1$/),
        authorization: PERSON,
      });
      await expectNoSecret();
    });

    it('are asked for where they were not sent', async () => {
      const { id, headCommit } = (await promote(asPerson)).body.promotion;
      github.writes.splice(0);
      for (const refused of [
        await promote(),
        await send('post', `/api/gitops/promotions/${id}/merge`, {
          headCommit,
        }),
        await send('post', `/api/gitops/promotions/${id}/close`),
      ]) {
        expect(refused.status).toBe(400);
        expect(refused.body.error).toMatchObject({
          name: 'InputError',
          message: expect.stringContaining('sign in to GitHub in Backstage'),
        });
      }
      expect(github.writes).toEqual([]);
    });

    it('are not repeated where they cannot be tokens', async () => {
      const refused = await promote({
        'x-gitops-github-token': `${SECRETS.userToken} and more`,
      });
      expect(refused.status).toBe(400);
      expect(refused.body.error.message).toContain('What was sent');
      expect(github.writes).toEqual([]);
      await expectNoSecret();
    });

    it.each([
      [401, 'GitHub refuses your GitHub token for demo/gitops-infra (401)'],
      [403, 'GitHub does not let you make a commit in demo/gitops-infra (403'],
    ])('are said to be refused (%s)', async (code, message) => {
      github.fail = status(code);
      github.failsFor = authorization => authorization === PERSON;
      const refused = await promote(asPerson);
      expect(refused.status).toBe(400);
      expect(refused.body.error.message).toContain(message);
      await expect(sandbox.pulls()).resolves.toEqual([]);
      await expectNoSecret();
    });
  });

  it.each(FAILURES)(
    'of a GitHub App are in none of them where its installation tokens %s',
    async (_, fail) => {
      github.fail = fail;
      backend = await start({
        apps: [
          {
            appId: 1,
            privateKey,
            clientId: 'Iv1.app',
            clientSecret: SECRETS.appClientSecret,
            webhookSecret: SECRETS.webhookSecret,
          },
        ],
      });
      try {
        await until(
          () => send('get', '/api/gitops/status'),
          ({ repositories }) => repositories[0].error,
        );
        await send('post', `${ENTITY}/promotions`, REQUEST);
        await expectNoSecret();
        const jwt = [...github.authorizations].at(-1)!;
        expect(jwt).toMatch(/^bearer /i);
        expect(log.text).not.toContain(jwt.slice('bearer '.length));
      } finally {
        github.fail = undefined;
        await backend.stop();
      }
    },
  );
});
