import type { Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Caller } from "./support/caller.ts";
import { Account, migrate } from "./support/runtime.ts";

let account: Account;
let miniflare: Miniflare;
let team: Caller;
/** The same code with a compatibility date of before RPC kept the fields of errors. */
let legacy: Caller;

beforeAll(async () => {
  account = await Account.open();
  miniflare = await account.start(account.queue, account.team, account.legacy);
  await migrate(miniflare, [{ id: "acme" }, { id: "other" }, { id: "tight", burst: 1 }]);
  team = new Caller(miniflare, "team");
  legacy = new Caller(miniflare, "legacy");
});

afterAll(async () => {
  await miniflare?.dispose();
  await account?.remove();
});

describe.each(["binding", "client"] as const)("another Worker, by its %s", (by) => {
  const call = (binding: string, name: string, ...args: readonly unknown[]) => team[by](binding, name, ...args);

  it("enqueues a job, waits for it and reads it", async () => {
    const enqueued = await call("ACME", "enqueue", "greet", { name: "Ada" }, { queue: "mail", priority: 7 });
    expect(enqueued.value).toMatchObject({ type: "greet", state: "queued", queue: "mail", priority: 7 });
    const waited = await call("ACME", "wait", enqueued.value.id, { timeout: 10 });
    expect(waited.value).toMatchObject({ state: "succeeded", payload: { name: "Ada" }, result: "hello Ada" });
    expect(await call("ACME", "get", enqueued.value.id)).toEqual(waited);
  });

  it("enqueues many jobs, all or none", async () => {
    const good = { type: "greet", payload: { name: "Ada" } };
    const both = await call("ACME", "enqueueMany", [good, { ...good, queue: "mail" }]);
    expect(both.value).toMatchObject([{ queue: "default" }, { queue: "mail" }]);
    const { error } = await call("ACME", "enqueueMany", [good, { type: "greet", payload: { name: "" } }]);
    expect(error).toMatchObject({
      code: "invalid_request",
      status: 422,
      errors: [{ pointer: "#/jobs/1/payload/name" }],
    });
    expect((await call("ACME", "enqueueMany", [])).value).toEqual([]);
  });

  it("cancels, runs now and replays", async () => {
    const later = async () => (await call("ACME", "enqueue", "greet", { name: "Ada" }, { delay: "1h" })).value.id;
    const cancelled = await call("ACME", "cancel", await later());
    expect(cancelled.value).toMatchObject({ state: "cancelled" });
    expect((await call("ACME", "cancel", cancelled.value.id)).error).toMatchObject({
      code: "job_finished",
      status: 409,
    });
    const run = await call("ACME", "runNow", await later());
    expect((await call("ACME", "wait", run.value.id, { timeout: 10 })).value.state).toBe("succeeded");
    const replay = await call("ACME", "replay", run.value.id);
    expect(replay.value).toMatchObject({ replayOf: run.value.id });
  });

  it("gets a token with which a browser reads one job", async () => {
    const { value } = await call("ACME", "enqueue", "greet", { name: "Ada" });
    expect((await call("ACME", "readToken", value.id)).value.token).toMatch(/^slr_/);
  });

  it("sees and changes only the jobs of the tenant that its binding names", async () => {
    const { value } = await call("ACME", "enqueue", "greet", { name: "Ada" }, { delay: "1h" });
    for (const name of ["get", "wait", "cancel", "runNow", "replay", "readToken"]) {
      expect((await call("OTHER", name, value.id)).error).toMatchObject({ code: "job_not_found", status: 404 });
    }
    expect((await call("ACME", "get", value.id)).value.state).toBe("scheduled");
  });

  it("is told when it may come back", async () => {
    await call("TIGHT", "enqueue", "greet", { name: "Ada" });
    const { error } = await call("TIGHT", "enqueue", "greet", { name: "Ada" });
    expect(error).toMatchObject({
      name: "SluiceError",
      code: "rate_limited",
      status: 503,
      limit: { name: "rate", max: 1 },
    });
    expect(error.retryAfterMs).toBeGreaterThan(0);
  });

  it("does only what the scopes of its binding allow", async () => {
    const { value } = await call("WRITER", "enqueue", "echo", 1);
    expect((await call("READER", "get", value.id)).value.type).toBe("echo");
    for (const [binding, name, ...args] of [
      ["READER", "enqueue", "greet", { name: "Ada" }],
      ["READER", "enqueueMany", [{ type: "greet", payload: { name: "Ada" } }]],
      ["READER", "cancel", value.id],
      ["READER", "runNow", value.id],
      ["READER", "replay", value.id],
      ["WRITER", "get", value.id],
      ["WRITER", "wait", value.id],
      ["WRITER", "readToken", value.id],
    ] as const) {
      expect((await call(binding, name, ...args)).error).toMatchObject({ code: "insufficient_scope", status: 403 });
    }
  });

  it("does nothing with jobs of other types than its binding allows", async () => {
    const { value } = await call("ACME", "enqueue", "echo", 1);
    expect((await call("GREETER", "enqueue", "greet", { name: "Ada" })).value.type).toBe("greet");
    for (const [name, ...args] of [
      ["enqueue", "echo", 1],
      ["enqueueMany", [{ type: "echo", payload: 1 }]],
      ["get", value.id],
      ["cancel", value.id],
    ] as const) {
      const { error } = await call("GREETER", name, ...args);
      expect(error).toMatchObject({ code: "type_not_allowed", status: 403 });
      expect(error.message).toMatch(/allowed: greet$/);
    }
  });

  it("is refused without a tenant, and told what to write", async () => {
    for (const binding of ["UNBOUND", "MISWRITTEN", "GREEDY"]) {
      const { error } = await call(binding, "enqueue", "greet", { name: "Ada" });
      expect(error).toMatchObject({ code: "not_configured", status: 501 });
      expect(error.message).toContain('props = { tenantId = "acme" }');
    }
    expect((await call("STRANGER", "enqueue", "greet", { name: "Ada" })).error).toMatchObject({
      code: "tenant_not_found",
    });
  });

  it("is told what is wrong with what it sends", async () => {
    for (const [name, ...args] of [
      ["enqueue", "greet", { name: "" }],
      ["enqueue", 7, null],
      ["enqueue", "greet", { name: "Ada" }, { when: "now" }],
      ["enqueueMany", "greet"],
      ["get", 7],
      ["cancel", null],
    ] as const) {
      expect((await call("ACME", name, ...args)).error).toMatchObject({ code: "invalid_request", status: 422 });
    }
    expect((await call("ACME", "enqueue", "greets", null)).error).toMatchObject({ code: "unknown_type" });
  });

  it("sends large payloads, and reads large results", async () => {
    const payload = "ä".repeat(1_000_000);
    const { value } = await call("ACME", "enqueue", "echo", payload);
    const { value: done } = await call("ACME", "wait", value.id, { timeout: 20 });
    expect(done.payload === payload && done.result === payload).toBe(true);
    const { error } = await call("ACME", "enqueue", "echo", "x".repeat(5_000_001));
    expect(error).toMatchObject({ code: "payload_too_large", status: 413 });
  });
});

describe("a list, for another Worker", () => {
  it("comes in pages, with payloads and results when they are asked for", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) {
      ids.unshift((await team.binding("OTHER", "enqueue", "echo", n, { queue: "pages" })).value.id);
    }
    const first = await team.binding("OTHER", "list", { queue: "pages", limit: 2, include: ["payload"] });
    expect(first.value.data).toMatchObject([
      { id: ids[0], payload: 2 },
      { id: ids[1], payload: 1 },
    ]);
    const cursor = first.value.nextCursor;
    const second = await team.binding("OTHER", "list", { queue: "pages", limit: 2, cursor });
    expect(second.value).toMatchObject({ data: [{ id: ids[2] }], nextCursor: null });
    const all = await team.client("OTHER", "list", { queue: "pages" });
    expect(all.value.map(({ id }: { id: string }) => id)).toEqual(ids);
    expect((await team.binding("OTHER", "list", { limit: 101 })).error).toMatchObject({ code: "invalid_request" });
    expect((await team.binding("WRITER", "list")).error).toMatchObject({ code: "insufficient_scope" });
  });
});

describe("a wait, from another Worker", () => {
  it("answers with the job as it is when its time is over", async () => {
    const { value } = await team.binding("ACME", "enqueue", "greet", { name: "Ada" }, { delay: "1h" });
    const waited = await team.binding("ACME", "wait", value.id, { timeout: 0.05 });
    expect(waited.value).toMatchObject({ state: "scheduled" });
    for (const timeout of [-1, 901, "long"]) {
      const { error } = await team.binding("ACME", "wait", value.id, { timeout });
      expect(error).toMatchObject({ code: "invalid_request", errors: [{ pointer: "#/timeout" }] });
    }
  });
});

describe("a call that is none", () => {
  it("is refused", async () => {
    for (const name of ["constructor", "fetchAll", "toString", 7]) {
      const { value } = await team.binding("ACME", "call", name, []);
      expect(value.problem).toMatchObject({ code: "not_found", status: 404 });
    }
  });
});

describe("a Worker of an older compatibility date", () => {
  it("has the whole error by the client", async () => {
    const { error } = await legacy.client("READER", "enqueue", "greet", { name: "Ada" });
    expect(error).toMatchObject({ isSluiceError: true, code: "insufficient_scope", status: 403 });
  });

  it("has the message by the binding alone", async () => {
    const { error } = await legacy.binding("READER", "enqueue", "greet", { name: "Ada" });
    expect(error.message).toContain("has not the scope jobs:write");
    expect(error.code).toBeUndefined();
  });
});

describe("an error that another Worker is told", () => {
  it("says nothing of what has gone wrong inside", async () => {
    const db = await miniflare.getD1Database("DB", "queue");
    await db.prepare("ALTER TABLE jobs RENAME TO jobs_away").run();
    try {
      const { error } = await team.binding("ACME", "get", "01890a5d-ac96-774b-bcce-b302099a8057");
      expect(error).toMatchObject({
        code: "storage_unavailable",
        status: 503,
        retryAfterMs: 1_000,
        cause: "undefined",
      });
      expect(error.message).not.toContain("jobs_away");
    } finally {
      await db.prepare("ALTER TABLE jobs_away RENAME TO jobs").run();
    }
  });
});
