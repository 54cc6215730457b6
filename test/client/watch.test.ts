import { runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type ClientOptions, createClient, type Jobs, SluiceError } from "../../src/client/client.ts";
import { stubOf } from "../support/gate.ts";
import { type handlers, hold, starts } from "../support/handlers.ts";
import { releaseHeldJobs } from "../support/held-jobs.ts";
import { createTenant } from "../support/tenants.ts";

type Fetch = NonNullable<ClientOptions["fetch"]>;

const worker: Fetch = (request) => exports.default.fetch(request);
const stream = (text: string) => new Response(text, { headers: { "Content-Type": "text/event-stream" } });

afterEach(() => {
  releaseHeldJobs();
});

async function clientOf(fetch: Fetch = worker) {
  const { id, key } = await createTenant();
  const retry = { baseMs: 1, capMs: 5 };
  return { id, ...createClient<Jobs<typeof handlers>>({ url: "https://sluice.test", key, fetch, retry }) };
}

describe("watching a job", () => {
  it("gives its events, from what it is to its end", async () => {
    const { jobs } = await clientOf();
    const name = crypto.randomUUID();
    hold(name);
    const job = await jobs.enqueue("stepped", { name }, { delay: "1h" });
    const seen: unknown[] = [];
    for await (const { event, state, progress } of jobs.watch(job.id)) {
      seen.push([event, state, progress?.fraction]);
      if (event === "job.state") await jobs.runNow(job.id);
      if (event === "job.progress") releaseHeldJobs();
    }
    expect(seen).toEqual([
      ["job.state", "scheduled", undefined],
      ["job.started", "running", undefined],
      ["job.progress", "running", 0.25],
      ["job.succeeded", "succeeded", 1],
    ]);
  });

  it("goes on when the gate dies in between", async () => {
    const { id, jobs } = await clientOf();
    const name = crypto.randomUUID();
    const { resolve } = hold(name);
    const job = await jobs.enqueue("held", { name });
    await vi.waitFor(() => expect(starts.get(name)).toBe(1), { timeout: 10_000, interval: 5 });
    const seen: string[] = [];
    for await (const { event, state } of jobs.watch(job.id)) {
      // Whether its consumer still tells of the start depends on when it hears that somebody follows.
      if (event === "job.started") continue;
      seen.push(`${event} ${state}`);
      if (seen.length === 1) await runInDurableObject(stubOf(id), (_, ctx) => ctx.abort("it crashed")).catch(() => {});
      if (seen.length === 2) resolve();
    }
    expect(seen).toEqual(["job.state running", "job.state running", "job.succeeded succeeded"]);
  });

  it("ends by the signal, with its reason", async () => {
    const { jobs } = await clientOf();
    const job = await jobs.enqueue("noop", null, { delay: "1h" });
    const abort = new AbortController();
    const watching = (async () => {
      for await (const _ of jobs.watch(job.id, { signal: abort.signal })) abort.abort(new Error("enough"));
    })();
    await expect(watching).rejects.toThrow("enough");
    await expect(jobs.watch(job.id, { signal: abort.signal })[Symbol.asyncIterator]().next()).rejects.toThrow("enough");
  });

  it("leaves no stream open when the loop is left", async () => {
    const { jobs } = await clientOf();
    const job = await jobs.enqueue("noop", null, { delay: "1h" });
    // More than a tenant may have open at a time.
    for (let times = 0; times < 120; times++) for await (const _ of jobs.watch(job.id)) break;
  });

  it("throws what the API answers", async () => {
    const { jobs } = await clientOf();
    const error = await Array.fromAsync(jobs.watch("no-such-job")).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SluiceError);
    expect(error).toMatchObject({ status: 404, code: "job_not_found" });
  });
});

describe("a client's events", () => {
  it("come as they are asked for", async () => {
    const { jobs, events } = await clientOf();
    const iterator = events({ queue: "q", events: ["job.enqueued", "job.cancelled"] })[Symbol.asyncIterator]();
    const first = iterator.next();
    // The stream is open once an event has come through it.
    const enqueue = () => jobs.enqueue("noop", null, { queue: "q", delay: "1h" });
    let job = await enqueue();
    const poke = setInterval(() => void enqueue(), 100);
    expect((await first).value).toMatchObject({ event: "job.enqueued", queue: "q" });
    clearInterval(poke);
    job = await enqueue();
    await jobs.enqueue("noop", null, { delay: "1h" });
    await jobs.cancel(job.id);
    for (;;) {
      const { value } = await iterator.next();
      expect(value).toMatchObject({ queue: "q" });
      if (value.event === "job.cancelled") break;
    }
    await iterator.return?.();
  });

  it("come back from where they were, through whatever breaks off in between, and say what was missed", async () => {
    const asked: (string | null)[] = [];
    const data = JSON.stringify({ id: "a", state: "queued" });
    const answers = [
      () =>
        stream(`retry: 1\nid: x-1\n\nid: x-2\nevent: job.enqueued\ndata: ${data}\n\nevent: job.enqueued\ndata: {"id"`),
      () => Promise.reject(new TypeError("the connection was lost")),
      () => new Response("no", { status: 503, headers: { "Retry-After": "0" } }),
      () =>
        stream(`retry: 1\nevent: job.invented\ndata: {}\n\nid: x-3\nevent: events.end\ndata: {"reason":"time"}\n\n`),
      () => stream(`event: events.missed\ndata: {"reason":"restarted"}\n\n`),
    ];
    const { events } = await clientOf(async (request) => {
      asked.push(request.headers.get("Last-Event-ID"));
      return (answers.shift() ?? (() => new Response("gone", { status: 410 })))();
    });
    const seen: unknown[] = [];
    const failed = (async () => {
      for await (const event of events()) seen.push(event);
    })();
    await expect(failed).rejects.toMatchObject({ status: 410 });
    expect(seen).toEqual([
      { event: "job.enqueued", id: "a", state: "queued" },
      { event: "events.missed", reason: "restarted" },
    ]);
    // With the id of the last whole event, until a newer one has come.
    expect(asked).toEqual([null, "x-2", "x-2", "x-2", "x-3", "x-3"]);
  });

  it("are no events when something else answers", async () => {
    for (const text of ["event: job.started\ndata: <html>\n\n", "x".repeat(1_100_000)]) {
      const { events } = await clientOf(async () => stream(text));
      await expect(Array.fromAsync(events())).rejects.toMatchObject({ code: "unexpected_response" });
    }
  });
});
