import {
  GateResult,
  gitopsPermissions,
  Promotion,
  PromotionPhase,
  PromotionTimelineEntry,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { eventually } from '@gitops-infra/sandbox';
import { registerBackendSuite } from './__testUtils__/backendSuite';
import { ENTITY, REQUEST, STAGE } from './__testUtils__/gitopsBackend';

// Upstreams are followed in real time.
jest.setTimeout(60_000);

describe('promotions', () => {
  const suite = registerBackendSuite();
  const { get, post, stage } = suite;
  const merge = ({ id, headCommit }: Promotion, more?: object) =>
    post(`/api/gitops/promotions/${id}/merge`, { headCommit, ...more });

  it('promotes, merges and says deployed once it runs', async () => {
    const preview = await post(`${ENTITY}/promotions/preview`, REQUEST);
    expect(preview.status).toBe(200);
    expect(preview.body.plan).toMatchObject({
      title: 'promote(demo): local → stage, 1.4.1 → 1.4.2',
      findings: [],
    });
    expect(preview.body.plan.files[0].diff).toMatch(
      /^-\s+newTag: "1\.4\.1".*\n\+\s+newTag: "1\.4\.2"/m,
    );
    await expect(suite.sandbox.pulls()).resolves.toEqual([]);

    const before = (await suite.sandbox.readFile(STAGE))!;
    const [first, second] = await Promise.all([
      post(`${ENTITY}/promotions`, REQUEST),
      post(`${ENTITY}/promotions`, REQUEST),
    ]);
    expect([first.status, second.status].sort()).toEqual([200, 201]);
    const { promotion } = first.body;
    expect(second.body.promotion.id).toBe(promotion.id);
    const third = await post(`${ENTITY}/promotions`, REQUEST);
    expect(third.status).toBe(200);
    await expect(suite.sandbox.pulls()).resolves.toMatchObject([
      { number: 1, state: 'open', branch: promotion.branch },
    ]);
    await expect(suite.sandbox.readFile(STAGE, promotion.branch)).resolves.toBe(
      before.replace('"1.4.1"', '"1.4.2"'),
    );
    await expect(suite.sandbox.readFile(STAGE)).resolves.toBe(before);
    expect((await stage()).promotion).toMatchObject({ state: 'open' });

    for (const [headCommit, status] of [
      [undefined, 400],
      ['0'.repeat(40), 409],
    ]) {
      const refused = await merge(promotion, { headCommit });
      expect(refused.status).toBe(status);
    }
    const merged = await merge(promotion);
    expect(merged.status).toBe(200);
    expect(merged.body).toMatchObject({
      state: 'merged',
      mergedBy: 'user:default/guest',
      mergeCommit: await suite.sandbox.head(),
    });
    expect(suite.surroundings.audited).toMatchObject([
      { eventId: 'promotion-create', outcome: 'success' },
      { eventId: 'promotion-create', outcome: 'success' },
      { eventId: 'promotion-create', outcome: 'success' },
      { eventId: 'promotion-merge', outcome: 'fail' },
      { eventId: 'promotion-merge', outcome: 'fail' },
      { eventId: 'promotion-merge', outcome: 'success' },
    ]);

    // Never deployed before the new image runs alone.
    const seen: string[] = [];
    await eventually(
      async () => {
        // One after the other: what is said first has to hold for what is read then.
        const { body } = await get(`/api/gitops/promotions/${promotion.id}`);
        const environment = await stage();
        const live = environment.images[0].live.map(({ tag }) => tag).join();
        seen.push(`${body.state} ${live}`);
        return body.state;
      },
      state => state === 'deployed',
    );
    expect(seen.at(-1)).toBe('deployed 1.4.2');
    expect(
      seen.filter(
        line => line.startsWith('deployed') && line !== 'deployed 1.4.2',
      ),
    ).toEqual([]);
    const { body } = await get(`${ENTITY}/promotions`);
    expect(body.promotions).toMatchObject([
      { id: promotion.id, state: 'deployed' },
    ]);
    expect((await stage()).promotion).toBeUndefined();
    const path = `/api/gitops/promotions/${promotion.id}`;
    const one = await get(path);
    expect(one.body).toEqual(body.promotions[0]);
    expect(
      one.body.durations.phases.map(
        ({ after, until }: PromotionPhase) => `${after} → ${until}`,
      ),
    ).toEqual([
      'requested → opened',
      'opened → merged',
      'merged → synced',
      'synced → arrived',
    ]);
    expect(one.body.durations.seconds).toBeGreaterThan(0);
    const timeline = await get(`${path}/timeline?limit=3`);
    expect(timeline.body.timeline).toMatchObject([
      { event: 'arrived' },
      { event: 'synced' },
      { event: 'merged', who: promotion.requestedBy },
    ]);
    const rest = await get(
      `${path}/timeline?cursor=${timeline.body.nextCursor}`,
    );
    expect(rest.body).toEqual({
      timeline: [
        {
          event: 'opened',
          at: expect.any(String),
          who: promotion.requestedBy,
        },
        {
          event: 'requested',
          at: promotion.createdAt,
          who: promotion.requestedBy,
        },
      ],
    });
    expect((await get(`${path}/timeline?cursor=x`)).status).toBe(400);
    const toLocal = await get(`${ENTITY}/promotions?to=local`);
    expect(toLocal.body).toEqual({ promotions: [] });
    const toStage = await get(`${ENTITY}/promotions?to=stage`);
    expect(toStage.body).toEqual(body);
    const paged = await get(`${ENTITY}/promotions?limit=1`);
    expect(paged.body).toEqual(body);
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'cursor=x']) {
      expect((await get(`${ENTITY}/promotions?${query}`)).status).toBe(400);
    }
  });

  it('keeps what a promotion failed with, and rolls it back', async () => {
    const before = await suite.sandbox.head();
    const opened = await post(`${ENTITY}/promotions`, {
      version: '9.9.9',
      to: 'stage',
    });
    const { id, headCommit } = opened.body.promotion;
    const path = `/api/gitops/promotions/${id}`;
    await post(`${path}/merge`, { headCommit });
    const failure = await eventually(
      async (): Promise<PromotionTimelineEntry | undefined> =>
        (
          await get(`${path}/timeline`)
        ).body.timeline.find(
          ({ code }: PromotionTimelineEntry) => code === 'image-pull-failed',
        ),
      entry => entry !== undefined,
    );
    expect(failure).toEqual({
      at: expect.any(String),
      event: 'failed',
      code: 'image-pull-failed',
      detail: expect.stringContaining('demo:9.9.9 cannot be pulled'),
    });
    expect((await get(path)).body).toMatchObject({ state: 'merged' });
    const back = await post(`${ENTITY}/promotions`, {
      rollbackTo: before,
      to: 'stage',
    });
    expect(back.body.promotion).toMatchObject({
      state: 'open',
      undoes: [{ id }],
    });
  });

  it('deploys a version that a person names, and rolls back to what was there', async () => {
    const before = await suite.sandbox.readFile(STAGE);
    const deployed = await post(`${ENTITY}/promotions`, {
      version: '1.4.1-rc.1',
      to: 'stage',
    });
    expect(deployed.body.promotion).toMatchObject({
      version: '1.4.1-rc.1',
      title: 'deploy(demo): stage, 1.4.1 → 1.4.1-rc.1',
    });
    await merge(deployed.body.promotion);
    expect(await suite.sandbox.readFile(STAGE)).toContain('"1.4.1-rc.1"');

    const { body: history } = await get(`${ENTITY}/earlier-states/stage`);
    expect(history.states[0]).toMatchObject({
      pins: [{ name: 'demo', version: { tag: '1.4.1' } }],
    });
    const { body } = await post(`${ENTITY}/promotions`, {
      rollbackTo: history.states[0].commit.sha,
      to: 'stage',
    });
    expect(body.promotion).toMatchObject({
      title: 'rollback(demo): stage, 1.4.1-rc.1 → 1.4.1',
      undoes: [{ id: deployed.body.promotion.id }],
    });
    await merge(body.promotion);
    await expect(suite.sandbox.readFile(STAGE)).resolves.toBe(before);
  });

  it('keeps an environment for those that the policy names', async () => {
    await suite.restart({
      promotions: {
        policy: { allowedGroups: { stage: ['release'], prodd: ['release'] } },
      },
    });
    await suite.untilHealthy();
    expect((await get('/api/gitops/status')).body.policy).toEqual({
      unknownEnvironments: ['prodd'],
    });
    const refused = await post(`${ENTITY}/promotions`, REQUEST);
    expect(refused.status).toBe(403);
    expect(refused.body.error.message).toContain(
      'stage is for group:default/release only; ask one of them.',
    );
    await expect(suite.sandbox.pulls()).resolves.toEqual([]);
    expect(suite.surroundings.audited).toMatchObject([
      { eventId: 'promotion-create', outcome: 'fail' },
    ]);
  });

  it('lets gates decide, anew at each step, and keeps the reasons of who overrides them', async () => {
    await suite.restart({
      promotions: {
        policy: {
          freezeWindows: [
            {
              name: 'For ever',
              timeZone: 'Europe/Berlin',
              dates: [{ from: '2000-01-01', to: '2999-12-31' }],
            },
          ],
          overrides: { groups: ['user:default/guest'] },
        },
      },
    });
    await suite.untilHealthy();
    const override = { gates: ['freeze-windows'], reason: 'Nobody can pay.' };
    const { body: preview } = await post(
      `${ENTITY}/promotions/preview`,
      REQUEST,
    );
    expect(preview.override).toEqual({ reasonMinLength: 10 });
    expect(
      preview.plan.gates.map(({ id, state }: GateResult) => `${id} ${state}`),
    ).toEqual([
      'source-healthy passed',
      'no-blocking-finding passed',
      'freeze-windows failed',
    ]);
    expect((await post(`${ENTITY}/promotions`, REQUEST)).status).toBe(409);
    for (const malformed of [
      {},
      { gates: [], reason: override.reason },
      { gates: override.gates },
      { gates: override.gates, reason: 'x'.repeat(1001) },
    ]) {
      const { status } = await post(`${ENTITY}/promotions`, {
        ...REQUEST,
        override: malformed,
      });
      expect(status).toBe(400);
    }
    await expect(suite.sandbox.pulls()).resolves.toEqual([]);

    const opened = await post(`${ENTITY}/promotions`, { ...REQUEST, override });
    expect(opened.status).toBe(201);
    const path = `/api/gitops/promotions/${opened.body.promotion.id}`;
    const overridden = { by: 'user:default/guest', reason: override.reason };
    expect((await get(path)).body.gates).toContainEqual(
      expect.objectContaining({ id: 'freeze-windows', overridden }),
    );
    expect((await get(`${path}/gates`)).body).toMatchObject({
      gates: [
        { id: 'no-blocking-finding', state: 'passed' },
        { id: 'freeze-windows', blocks: false, overridden },
      ],
      override: { reasonMinLength: 10 },
    });
    const merged = await merge(opened.body.promotion, { override });
    expect(merged.body).toMatchObject({ state: 'merged' });
  });

  it('are merged, closed and looked at by those who have the permission', async () => {
    const { body } = await post(`${ENTITY}/promotions`, REQUEST);
    const path = `/api/gitops/promotions/${body.promotion.id}`;
    suite.surroundings.denied = gitopsPermissions.map(({ name }) => name);
    expect((await get(path)).status).toBe(403);
    expect((await get(`${path}/gates`)).status).toBe(403);
    expect((await merge(body.promotion)).status).toBe(403);
    await expect(suite.sandbox.pulls()).resolves.toMatchObject([
      { state: 'open' },
    ]);
    expect(suite.surroundings.audited.at(-1)).toMatchObject({
      eventId: 'promotion-merge',
      outcome: 'fail',
    });
    expect((await post(`${path}/close`)).status).toBe(403);
    await expect(suite.sandbox.pulls()).resolves.toMatchObject([
      { state: 'open' },
    ]);
    expect(suite.surroundings.audited.at(-1)).toMatchObject({
      eventId: 'promotion-close',
      outcome: 'fail',
    });
    suite.surroundings.denied = ['gitops.promotion.merge'];
    const closed = await post(`${path}/close`);
    expect(closed.body).toMatchObject({ state: 'closed' });
    await expect(suite.sandbox.pulls()).resolves.toMatchObject([
      { state: 'closed' },
    ]);
    await expect(
      suite.sandbox.readFile(STAGE, body.promotion.branch),
    ).resolves.toBeUndefined();
    expect(suite.surroundings.audited.at(-1)).toMatchObject({
      eventId: 'promotion-close',
      outcome: 'success',
    });
  });
});
