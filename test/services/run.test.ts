import type { Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { BlobRef } from "../../src/domain/blob.ts";
import { toBlobId } from "../../src/domain/blob.ts";
import type { JobView } from "../../src/protocol/job-view.ts";
import type { JobEvent } from "../../src/protocol/live-event-view.ts";
import { newJobId } from "../../src/protocol/new-job-id.ts";
import { Caller } from "./support/caller.ts";
import { Account, clientOf, migrate } from "./support/runtime.ts";

const SOON = { timeout: 10_000, interval: 10 };

let account: Account;
let miniflare: Miniflare;
let team: Caller;

beforeAll(async () => {
  account = await Account.open();
  miniflare = await account.start(account.queue, account.team, account.legacy);
  await migrate(miniflare, [{ id: "acme" }]);
  team = new Caller(miniflare, "team");
});

afterAll(async () => {
  await miniflare?.dispose();
  await account?.remove();
});

async function enqueued(type: string, payload: unknown): Promise<string> {
  return (await team.binding("ACME", "enqueue", type, payload)).value.id;
}

async function job(id: string): Promise<JobView> {
  return (await team.binding("ACME", "get", id)).value;
}

describe("a job that another Worker runs", () => {
  it("has its result from there", async () => {
    const done = await team.done("team.greet", { name: "Ada" });
    expect(done).toMatchObject({ state: "succeeded", attempt: 1, result: "hello Ada, says the team" });
  });

  it("is told there what a handler here is told, and has that Worker's bindings", async () => {
    const { id, result } = await team.done("team.told", null);
    const signed = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    const told = { jobId: id, tenantId: "acme", attempt: 1, traceparent: null, signed, aborted: false, bound: true };
    expect(result).toEqual(told);
  });

  it("keeps its finished steps, and its log, where the job is kept", async () => {
    const { state, attempt, result, logs } = await team.done("team.resumes", null);
    expect({ state, attempt, result }).toEqual({ state: "succeeded", attempt: 2, result: "of attempt 1" });
    expect(logs).toMatchObject([
      { attempt: 1, level: "warn", message: "on its way", fields: { attempt: 1 } },
      { attempt: 2, level: "warn", message: "on its way", fields: { attempt: 2 } },
    ]);
  });

  it("tells those who follow it how far it is", async () => {
    const { jobs } = await clientOf(miniflare, "acme");
    const { id } = await jobs.enqueue("team.told", null, { delay: "1h" });
    const events: JobEvent[] = [];
    for await (const event of jobs.watch(id)) {
      if (events.push(event) === 1) await jobs.runNow(id);
    }
    // The last one comes with the end.
    expect(events.at(-1)).toMatchObject({ event: "job.succeeded", progress: { fraction: 0.5, message: "half of it" } });
  });

  it("has its payload checked before it is stored", async () => {
    const { error } = await team.binding("ACME", "enqueue", "team.greet", { name: "" });
    expect(error).toMatchObject({ code: "invalid_request", errors: [{ pointer: "#/payload/name" }] });
  });

  it("may have a large payload and a large result", async () => {
    const payload = "x".repeat(2_000_000);
    const done = await team.done("team.echo", payload);
    expect([done.state, done.result === payload]).toEqual(["succeeded", true]);
    const bucket = await miniflare.getR2Bucket("BLOBS", "queue");
    const { objects } = await bucket.list({ prefix: `acme/${done.id}/` });
    expect(objects.map(({ size }) => size)).toEqual([2_000_002, 2_000_002]);
  });

  it("reads and keeps blobs from there", async () => {
    const text = await blob("quiet");
    const { result } = await team.done("team.shout", { text });
    const { blob: id } = (result as { loud: BlobRef }).loud;
    const bucket = await miniflare.getR2Bucket("BLOBS", "queue");
    expect(await (await bucket.get(`acme/blobs/${id}`))?.text()).toBe("QUIET");
  });

  it("fails there for a blob that is not there", async () => {
    const done = await team.done("team.shout", { text: { blob: "blob_none" } });
    expect(done).toMatchObject({ state: "failed", attempt: 1, errors: [{ message: "there is no blob blob_none" }] });
  });
});

describe.each(["team.throws", "plain.throws", "legacy.throws"])("%s", (type) => {
  it("is tried again when it throws", async () => {
    const done = await team.done(type, { attempts: 2, kind: "error" });
    const named = { name: "TypeError", kind: "error" };
    const errors = [
      { ...named, attempt: 1, message: "failure 1" },
      { ...named, attempt: 2, message: "failure 2" },
    ];
    expect(done).toMatchObject({ state: "succeeded", attempt: 3, result: 3, errors });
  });

  it("is failed after its last attempt", async () => {
    expect(await team.done(type, { attempts: 3, kind: "error" })).toMatchObject({ state: "failed", attempt: 3 });
  });

  it("is failed at once by a FatalError", async () => {
    const done = await team.done(type, { attempts: 3, kind: "fatal" });
    expect(done).toMatchObject({
      state: "failed",
      attempt: 1,
      errors: [{ name: "FatalError", message: "never again" }],
    });
  });

  it("is tried again when a RetryError says so", async () => {
    const id = await enqueued(type, { attempts: 1, kind: "later" });
    await vi.waitFor(async () => expect(await job(id)).toMatchObject({ state: "retrying" }), SOON);
    const { dueAt, errors } = await job(id);
    expect(errors).toMatchObject([{ message: "not now" }]);
    expect(Date.parse(dueAt ?? "") - Date.now()).toBeGreaterThan(3_500_000);
    await team.binding("ACME", "cancel", id);
  });
});

describe("an entry point that knows nothing of Sluice", () => {
  it("runs jobs too", async () => {
    const { id, result } = await team.done("plain.greet", { name: "Ada" });
    const { text, leftMs } = result as { text: string; leftMs: number };
    expect(text).toBe(`hello Ada, of ${id}`);
    expect(leftMs).toBeGreaterThan(25_000);
    expect(leftMs).toBeLessThanOrEqual(30_000);
  });
});

describe("a job that takes too long in another Worker", () => {
  it("is given up, and its signal there aborts", async () => {
    const name = crypto.randomUUID();
    const done = await team.done("team.slow", { name });
    expect(done).toMatchObject({ state: "failed", errors: [{ kind: "timeout" }] });
    const reason = "TimeoutError: the attempt took longer than 200 ms";
    await vi.waitFor(async () => expect(await team.stopped(name)).toBe(reason), SOON);
  });

  it("is cancelled there", async () => {
    const name = crypto.randomUUID();
    const id = await enqueued("team.patient", { name });
    await vi.waitFor(async () => expect(await team.stopped(name)).toBe(""), SOON);
    await team.binding("ACME", "cancel", id);
    const { value } = await team.binding("ACME", "wait", id, { timeout: 10 });
    expect(value.state).toBe("cancelled");
    await vi.waitFor(async () => expect(await team.stopped(name)).toBe("Stopped: the job was cancelled"), SOON);
  });
});

describe("an answer that cannot be a result", () => {
  it("fails its job, which says where JSON cannot carry it", async () => {
    const done = await team.done("team.exotic", null);
    const message = "TEAM.exotic has answered what JSON cannot carry, at #/kept/0";
    expect(done).toMatchObject({ state: "failed", attempt: 1, errors: [{ name: "FatalError", message }] });
  });

  it("fails its job when RPC cannot carry it", async () => {
    const done = await team.done("team.symbol", null);
    expect(done).toMatchObject({ state: "failed", attempt: 1, errors: [{ name: "FatalError" }] });
    expect(done.errors[0]?.message).toMatch(/^RPC cannot carry it: /);
  });

  it("fails its job, which says how it differs from what was declared", async () => {
    expect(await team.done("team.number", 7)).toMatchObject({ state: "succeeded", result: 7 });
    const done = await team.done("team.number", "seven");
    expect(done).toMatchObject({ state: "failed", attempt: 1 });
    expect(done.errors[0]?.message).toContain("TEAM.echo has answered something else than its result");
  });
});

describe("a job whose Worker is not bound", () => {
  it.each([
    ["nobody.greet", "NOBODY"],
    ["text.greet", "NOT_A_SERVICE"],
  ])("fails at once, and says what to write: %s", async (type, binding) => {
    const done = await team.done(type, null);
    expect(done).toMatchObject({ state: "failed", attempt: 1, errors: [{ name: "FatalError" }] });
    expect(done.errors[0]?.message).toContain(`add [[services]] binding = "${binding}"`);
    expect(done.errors[0]?.message).toContain("wrangler.toml");
  });

  it("is tried again where the Worker has no such method yet", async () => {
    const done = await team.done("team.nothing", null);
    expect(done).toMatchObject({ state: "failed", attempt: 3 });
    expect(done.errors[0]?.message).toContain("nothing");
  });
});

/** A blob of the tenant's, as one that was uploaded. */
async function blob(text: string): Promise<BlobRef> {
  const id = toBlobId(newJobId());
  const bucket = await miniflare.getR2Bucket("BLOBS", "queue");
  await bucket.put(`acme/blobs/${id}`, text, { httpMetadata: { contentType: "text/plain" } });
  return { blob: id };
}
