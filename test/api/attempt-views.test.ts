import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { LOG_LIMITS } from "../../src/domain/log-line.ts";
import { drain } from "../../src/testing/drain.ts";
import { apiOf, request } from "../support/api.ts";
import { expectProblem } from "../support/problems.ts";
import { setRow } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";

/** A job that has failed once between its steps. */
async function finishedJob() {
  const tenant = await createTenant();
  const api = apiOf(tenant);
  const { body } = await api.post("/v1/jobs?readToken=true", { type: "staged", payload: { name: "Ada", failures: 1 } });
  const { body: job } = await api.get(`/v1/jobs/${body.id}?wait=10`);
  expect(job.state).toBe("succeeded");
  return { tenant, api, job, token: body.readToken.token as string };
}

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

describe("a job", () => {
  it("shows what its handler has said, attempt by attempt, and which steps have finished", async () => {
    const { job } = await finishedJob();
    expect(job.logs).toEqual([
      { attempt: 1, at: time, level: "info", message: "charged", fields: { attempt: 1 } },
      { attempt: 1, at: time, level: "warn", message: "the courier is away" },
      { attempt: 2, at: time, level: "info", message: "charged", fields: { attempt: 2 } },
    ]);
    expect(job.steps).toEqual([
      { name: "charge", attempt: 1, at: time },
      { name: "mail", attempt: 1, at: time },
    ]);
    expect(job.result).toEqual({ of: "Ada", in: 1 });
  });

  it("shows what its steps gave only when asked for", async () => {
    const { api, job } = await finishedJob();
    const { body } = await api.get(`/v1/jobs/${job.id}?include=stepResults`);
    expect(body.steps).toMatchObject([{ result: { of: "Ada", in: 1 } }, { name: "mail", result: null }]);
    const { body: waited } = await api.get(`/v1/jobs/${job.id}?include=stepResults&wait=1`);
    expect(waited.steps).toEqual(body.steps);
    expectProblem(await api.get(`/v1/jobs/${job.id}?include=payload`), "invalid_parameter");
  });

  it("shows neither to end users, nor in lists", async () => {
    const { api, job, token } = await finishedJob();
    const bearer = { headers: { Authorization: `Bearer ${token}` } };
    const { body: read } = await request(`/v1/jobs/${job.id}?include=stepResults`, bearer);
    expect(read).toMatchObject({ id: job.id, state: "succeeded" });
    const { body: list } = await api.get("/v1/jobs?include=payload,result");
    expect(list.data).toMatchObject([{ id: job.id }]);
    for (const shown of [read, list.data[0]]) {
      expect(shown).not.toHaveProperty("logs");
      expect(shown).not.toHaveProperty("steps");
    }
  });

  it("has nothing of either at first, and its replay does all of it again", async () => {
    const { api, job } = await finishedJob();
    const { body: replay } = await api.post(`/v1/jobs/${job.id}/replay`);
    const { body: done } = await api.get(`/v1/jobs/${replay.id}?wait=10`);
    expect(done.steps).toMatchObject([{ name: "charge", attempt: 1 }, { name: "mail" }]);
    const { body: plain } = await api.post("/v1/jobs", { type: "noop" });
    expect((await api.get(`/v1/jobs/${plain.id}?wait=10`)).body).toMatchObject({ logs: [], steps: [] });
  });

  it("says how much more was said than is kept", async () => {
    const { tenant, api, job } = await finishedJob();
    const said = (attempt: number) => [{ at: attempt, level: "info", message: `of ${attempt}` }];
    await setRow(tenant.id, job.id, { logs: JSON.stringify({ 11: said(11), 9: said(9), 10: said(10) }) });
    const { body } = await api.get(`/v1/jobs/${job.id}`);
    expect(body.logs.map(({ attempt }: { attempt: number }) => attempt)).toEqual([9, 10, 11]);
    const { body: chatty } = await api.post("/v1/jobs", { type: "chatty", payload: { lines: LOG_LIMITS.lines + 7 } });
    const { body: done } = await api.get(`/v1/jobs/${chatty.id}?wait=10`);
    expect(done.logs).toHaveLength(LOG_LIMITS.lines + 1);
    expect(done.logs.at(-1)).toMatchObject({
      level: "warn",
      message: expect.stringMatching(/^7 more lines dropped: /),
    });
  });

  it("has both in a test that drains its tenant", async () => {
    const { tenant } = await finishedJob();
    expect(await drain(env, tenant.id)).toMatchObject([
      { logs: [{}, {}, {}], steps: [{ result: { of: "Ada" } }, { name: "mail" }] },
    ]);
  });
});
