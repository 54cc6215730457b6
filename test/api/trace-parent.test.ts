import { afterEach, describe, expect, it, vi } from "vitest";
import { apiOf } from "../support/api.ts";
import { HOOK, network } from "../support/delivery.ts";
import { rowOf } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;
const job = { type: "http.request", payload: { url: HOOK }, retry: { base: "1ms", cap: "1ms" } };

afterEach(() => {
  vi.restoreAllMocks();
});

async function sent(headers: Record<string, string>, payload: object = job.payload, failures = 0) {
  const answers = [...Array.from({ length: failures }, () => 500), 204].map(
    (status) => () => new Response(null, { status }),
  );
  const calls = network(...answers);
  const { body } = await apiOf(await createTenant()).post("/v1/jobs?wait=15", { ...job, payload }, headers);
  expect(body.state).toBe("succeeded");
  return calls.map(({ headers }) => headers.get("traceparent"));
}

describe("the trace of a request that enqueues a job", () => {
  it("goes on into what the job sends, with a span of its own for each attempt", async () => {
    const traces = await sent({ traceparent: TRACEPARENT }, job.payload, 1);
    expect(traces).toHaveLength(2);
    for (const trace of traces) expect(trace).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
    expect(new Set([...traces, TRACEPARENT]).size).toBe(3);
  });

  it("is that of each job of a batch", async () => {
    const tenant = await createTenant();
    const jobs = Array.from({ length: 2 }, () => ({ type: "noop", payload: {} }));
    const { body } = await apiOf(tenant).post("/v1/jobs/batch", { jobs }, { traceparent: TRACEPARENT });
    for (const { id } of body.data) expect((await rowOf(tenant.id, id))["trace_parent"]).toBe(TRACEPARENT);
  });

  it("is none when the header is none, or none that can be read", async () => {
    expect(await sent({})).toEqual([null]);
    expect(await sent({ traceparent: "garbage" })).toEqual([null]);
  });

  it("gives way to one that the payload names", async () => {
    const own = `00-${"a".repeat(32)}-${"b".repeat(16)}-00`;
    expect(await sent({ traceparent: TRACEPARENT }, { url: HOOK, headers: { Traceparent: own } })).toEqual([own]);
  });

  it("makes no other request of one that is repeated", async () => {
    const api = apiOf(await createTenant());
    const post = (traceparent: string) =>
      api.post("/v1/jobs", { type: "noop", payload: {} }, { "Idempotency-Key": "once", traceparent });
    const first = await post(TRACEPARENT);
    const second = await post(TRACEPARENT.replace("00f0", "11f1"));
    expect([second.status, second.body.id]).toEqual([202, first.body.id]);
  });
});
