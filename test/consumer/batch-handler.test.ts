import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { type BatchContext, type BatchJob, defineBatchHandler } from "../../src/domain/batch-handler.ts";
import { defineHandler } from "../../src/domain/handler.ts";
import { FatalError, RetryError } from "../../src/domain/outcome.ts";
import type { JobDraft } from "../../src/protocol/gate.ts";
import type { QueueMessage } from "../../src/protocol/queue-message.ts";
import { consume, enqueueUnsent, packed } from "../support/consume.ts";
import { draft } from "../support/drafts.ts";
import { gateOf } from "../support/gate.ts";
import { batchSizes } from "../support/handlers.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { rowOf, setRow, statesOf } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const input = z.object({ n: z.int() });
type Events = readonly BatchJob<{ n: number }>[];

const event = (n: unknown, overrides: Partial<JobDraft> = {}) =>
  draft({ type: "event", payload: JSON.stringify({ n }), maxAttempts: 5, ...overrides });
const events = (count: number) => Array.from({ length: count }, (_, n) => event(n));

function ingest<Answered extends readonly unknown[] | undefined | void>(
  run: (jobs: Events, context: BatchContext) => Promise<Answered> | Answered,
  maxBatch = 500,
) {
  return defineBatchHandler({ type: "event", input, maxBatch, run });
}

async function enqueued(drafts: JobDraft[]) {
  const { id: tenantId } = await createTenant({ concurrency: 1_000 });
  const message = await enqueueUnsent(tenantId, drafts);
  const row = (n: number) => rowOf(tenantId, message.jobIds[n] ?? "");
  const error = async (n: number) => JSON.parse((await row(n))["errors"] as string).at(-1);
  return { tenantId, message, row, error };
}

/** Has the jobs that wait for their next attempt be released, as the gate would. */
async function again({ tenantId, jobIds }: QueueMessage): Promise<void> {
  await env.DB.prepare(
    `UPDATE jobs SET state = 'queued', released = 1, ready_at = 1, due_at = ?3
     WHERE tenant_id = ?1 AND id IN (SELECT value FROM json_each(?2)) AND state = 'retrying'`,
  )
    .bind(tenantId, JSON.stringify(jobIds), Date.now() + 60_000)
    .run();
}

describe("a batch handler", () => {
  it("gets the claimed jobs of its type together, as many as it takes at a time", async () => {
    const { tenantId, message, row } = await enqueued(events(500));
    const runs: number[] = [];
    const meter = meterD1(env.DB);
    const handler = ingest((jobs, context) => {
      expect(context.tenantId).toBe(tenantId);
      runs.push(jobs.length);
      return jobs.map(({ payload, attempt, jobId }) => ({ doubled: 2 * payload.n, attempt, jobId }));
    }, 200);
    await consume([handler], packed(message), { bindings: { DB: meter.db } });
    expect(runs).toEqual([200, 200, 100]);
    expect(await statesOf(tenantId)).toEqual({ succeeded: 500 });
    const result = { doubled: 2 * 317, attempt: 1, jobId: message.jobIds[317] };
    expect(await row(317)).toMatchObject({ result: JSON.stringify(result) });
    // One claim, and few finishes: three runs that end together.
    expect(meter.costs.length).toBeLessThanOrEqual(4);
    expect(meter.total().written).toBe(1_000);
  });

  it("that answers nothing has succeeded with all of them", async () => {
    const { tenantId, message, row } = await enqueued(events(3));
    await consume([ingest(() => undefined)], [message]);
    expect(await statesOf(tenantId)).toEqual({ succeeded: 3 });
    expect(await row(0)).toMatchObject({ result: "null" });
  });

  it("answers for each of 500: those it does not take, fails and puts off end alone", async () => {
    const drafts = events(500);
    drafts[100] = event("poison");
    drafts[498] = event(null);
    const { tenantId, message, row, error } = await enqueued(drafts);
    const seen: number[] = [];
    const handler = ingest((jobs) =>
      jobs.map(({ payload: { n } }) => {
        seen.push(n);
        if (n === 200) return new FatalError("never");
        if (n === 300) return new RetryError("later", { after: "1h" });
        if (n === 400) return new Error("perhaps");
        return n;
      }),
    );
    await consume([handler], packed(message));
    expect(seen).toHaveLength(498);
    expect(await statesOf(tenantId)).toEqual({ succeeded: 495, failed: 3, retrying: 2 });
    expect(await row(499)).toMatchObject({ state: "succeeded", result: "499" });
    expect(await error(100)).toMatchObject({ name: "InvalidPayload" });
    expect(await error(498)).toMatchObject({ name: "InvalidPayload" });
    expect(await error(200)).toMatchObject({ name: "FatalError", message: "never" });
    expect(await row(300)).toMatchObject({ failures: 1 });
    expect((await row(300))["due_at"]).toBeGreaterThan(Date.now() + 3_500_000);
    expect(await row(400)).toMatchObject({ state: "retrying", failures: 1 });
  });

  it("that throws by one bad job takes the others down with it a few times, and not for good", async () => {
    const { tenantId, message, error } = await enqueued(events(100));
    const runs: number[][] = [];
    const handler = ingest((jobs) => {
      const round = (runs[(jobs[0]?.attempt ?? 1) - 1] ??= []);
      round.push(jobs.length);
      if (jobs.some(({ payload }) => payload.n === 42)) throw new Error("no such table");
    }, 100);
    for (let attempt = 1; attempt <= 5; attempt++) {
      await consume([handler], packed(message));
      await again(message);
    }
    expect(runs).toEqual([[100], Array.from({ length: 10 }, () => 10), Array.from({ length: 10 }, () => 1), [1], [1]]);
    expect(await statesOf(tenantId)).toEqual({ succeeded: 99, failed: 1 });
    expect(await error(42)).toMatchObject({ attempt: 5, message: "no such table" });
  });

  it.each<[string, unknown]>([
    ["too few answers", [1]],
    ["too many answers", [1, 2, 3]],
    ["something else", "done"],
  ])("that gives %s is taken to have done nothing", async (_, answers) => {
    const { tenantId, message, error } = await enqueued(events(2));
    await consume([ingest(() => answers as undefined)], [message]);
    expect(await statesOf(tenantId)).toEqual({ retrying: 2 });
    expect(await error(0)).toMatchObject({
      name: "WrongAnswers",
      message: expect.stringContaining("one answer for each"),
    });
  });

  it("ends by the timeout of its type, with its signal aborted", async () => {
    const { tenantId, message, error } = await enqueued(
      Array.from({ length: 3 }, (_, n) => event(n, { timeoutMs: 50 })),
    );
    const aborted = vi.fn();
    const handler = ingest((_, { signal }) => {
      signal.addEventListener("abort", () => void aborted());
      return new Promise<undefined>(() => undefined);
    });
    await consume([handler], [message]);
    expect(aborted).toHaveBeenCalledTimes(1);
    expect(await statesOf(tenantId)).toEqual({ retrying: 3 });
    expect(await error(2)).toMatchObject({ kind: "timeout", name: "TimeoutError" });
  });

  it("is of one tenant's jobs at a time", async () => {
    const [one, other] = [await enqueued(events(3)), await enqueued(events(2))];
    const runs: string[][] = [];
    const handler = ingest((jobs, context) => void runs.push([context.tenantId, ...jobs.map((job) => job.tenantId)]));
    await consume([handler], [one.message, other.message]);
    expect(runs).toHaveLength(2);
    expect(runs).toContainEqual(Array.from({ length: 1 + 3 }, () => one.tenantId));
    expect(runs).toContainEqual(Array.from({ length: 1 + 2 }, () => other.tenantId));
  });

  it("runs beside handlers of one job each, and is one of those that run at a time", async () => {
    const { tenantId, message } = await enqueued([...events(3), draft({ type: "single" }), draft({ type: "single" })]);
    let running = 0;
    let most = 0;
    const busy = async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
    };
    const single = defineHandler({ type: "single", input: z.unknown(), run: busy });
    const bindings = { SLUICE_HANDLER_CONCURRENCY: 1 };
    await consume([ingest(busy), single], [message], { bindings });
    expect(most).toBe(1);
    expect(await statesOf(tenantId)).toEqual({ succeeded: 5 });
  });

  it("hands back, uncounted, those whose lease would not last, and runs the others", async () => {
    const { tenantId, message, row } = await enqueued(events(3));
    const late = message.jobIds[1] ?? "";
    const seen: string[] = [];
    const handler = ingest((jobs) => void seen.push(...jobs.map(({ jobId }) => jobId)));
    const prepare = env.DB.prepare.bind(env.DB);
    // The claim's reply takes its time for one of them.
    const DB = {
      batch: env.DB.batch.bind(env.DB),
      prepare: (sql: string) => {
        if (!sql.includes("attempt = attempt + 1")) return prepare(sql);
        return prepare(sql.replace("lease_until = ?3", `lease_until = iif(id = '${late}', 0, 1) * ?3`));
      },
    };
    await consume([handler], [message], { bindings: { DB } });
    expect(new Set(seen)).toEqual(new Set([message.jobIds[0], message.jobIds[2]]));
    expect(await statesOf(tenantId)).toEqual({ succeeded: 2, scheduled: 1 });
    expect(await row(1)).toMatchObject({ failures: 0, crashes: 0 });
  });

  it("runs a job that must run alone, alone", async () => {
    const { tenantId, message } = await enqueued(events(3));
    const suspect = message.jobIds[1] ?? "";
    await setRow(tenantId, suspect, { isolated: 1, attempt: 1 });
    const runs: number[] = [];
    const handler = ingest((jobs) => void runs.push(jobs.length));
    await consume([handler], [message]);
    await consume([handler], [{ ...message, jobIds: [suspect] }], { queue: "sluice-isolated" });
    expect(runs).toEqual([2, 1]);
    expect(await statesOf(tenantId)).toEqual({ succeeded: 3 });
  });

  it("runs each job with a payload in R2 by itself, and fails alone what is not there", async () => {
    const { tenantId, message, error } = await enqueued(events(4));
    const [first = "", second = ""] = message.jobIds;
    await env.BLOBS.put(`${tenantId}/large`, '{"n":7}');
    await setRow(tenantId, first, { payload: null, payload_blob: `${tenantId}/large` });
    await setRow(tenantId, second, { payload: null, payload_blob: `${tenantId}/gone` });
    const runs: number[][] = [];
    await consume([ingest((jobs) => void runs.push(jobs.map(({ payload }) => payload.n)))], [message]);
    expect(runs.toSorted((a, b) => a.length - b.length)).toEqual([[7], [2, 3]]);
    expect(await statesOf(tenantId)).toEqual({ succeeded: 3, retrying: 1 });
    expect(await error(1)).toMatchObject({ name: "ObjectGone" });
  });

  it("keeps the log, the blobs and the result of each job with that job", async () => {
    const { tenantId, message, row } = await enqueued(events(2));
    const handler = ingest((jobs) =>
      Promise.all(
        jobs.map(async ({ log, blobs, payload: { n } }) => {
          log(`event ${n}`);
          return blobs.put(`text ${n}`, { contentType: "text/plain" });
        }),
      ),
    );
    await consume([handler], [message]);
    for (const [n, jobId] of message.jobIds.entries()) {
      expect(Object.values(JSON.parse((await row(n))["logs"] as string))).toMatchObject([[{ message: `event ${n}` }]]);
      const named = env.DB.prepare("SELECT blob_id FROM job_blobs WHERE tenant_id = ?1 AND job_id = ?2").bind(
        tenantId,
        jobId,
      );
      expect((await row(n))["result"]).toBe(JSON.stringify({ blob: await named.first("blob_id") }));
    }
  });

  it("goes on while one of its jobs is cancelled, and stops when all of them are", async () => {
    const { tenantId, message } = await enqueued(events(2));
    const begun = Promise.withResolvers<void>();
    const aborted: string[] = [];
    const handler = ingest((_, { signal }) => {
      begun.resolve();
      const { promise, reject } = Promise.withResolvers<undefined>();
      signal.addEventListener("abort", () => {
        aborted.push((signal.reason as Error).message);
        reject(signal.reason);
      });
      return promise;
    });
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    const consumed = consume([handler], [message]);
    await begun.promise;
    const [first = "", second = ""] = message.jobIds;
    await setRow(tenantId, first, { cancel_at: 1, cancel_reason: "requested" });
    const beats = vi.spyOn(env.DB, "prepare");
    await vi.waitFor(async () => {
      await vi.advanceTimersByTimeAsync(2_000);
      expect(beats.mock.calls.filter(([sql]) => sql.includes("AS cancelled")).length).toBeGreaterThan(1);
    });
    expect(aborted).toEqual([]);
    await setRow(tenantId, second, { cancel_at: 1, cancel_reason: "requested" });
    await vi.waitFor(async () => {
      await vi.advanceTimersByTimeAsync(2_000);
      expect(aborted).toEqual(["the job was cancelled"]);
    });
    vi.useRealTimers();
    await consumed;
    expect(await statesOf(tenantId)).toEqual({ cancelled: 2 });
  });
});

describe("jobs of a batch handler under load", () => {
  it.each([
    ["enqueued one by one", { perRequest: 1, clients: 64, jobs: 600, concurrency: 1_000, atLeast: 20 }],
    ["of a tenant with few slots", { perRequest: 20, clients: 4, jobs: 1_000, concurrency: 100, atLeast: 50 }],
    ["enqueued by the hundred", { perRequest: 500, clients: 2, jobs: 2_000, concurrency: 1_000, atLeast: 250 }],
  ])("come together through the gate and the Queue: %s", async (_, load) => {
    const { id } = await createTenant({ concurrency: load.concurrency });
    const left = Array.from({ length: load.jobs }, (_, n) =>
      draft({ type: "ingest", payload: JSON.stringify({ name: id, n }) }),
    );
    const client = async () => {
      while (left.length > 0) await gateOf(id).enqueue(left.splice(0, load.perRequest));
    };
    await Promise.all(Array.from({ length: load.clients }, client));
    const all = { succeeded: load.jobs };
    await vi.waitFor(async () => expect(await statesOf(id)).toEqual(all), { timeout: 15_000, interval: 100 });
    const sizes = batchSizes.get(id) ?? [];
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(load.jobs);
    expect(load.jobs / sizes.length).toBeGreaterThan(load.atLeast);
  });
});
