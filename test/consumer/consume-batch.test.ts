import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { enqueueUnsent } from "../support/consume.ts";
import { draft } from "../support/drafts.ts";
import { gateOf } from "../support/gate.ts";
import { hold, starts } from "../support/handlers.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { rowOf, setRow, statesOf } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";
import worker from "../support/worker.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const held = (name: string) => draft({ type: "held", payload: JSON.stringify({ name }) });

/** Delivers messages to the real consumer, as the Queue does. */
async function deliver(messages: readonly unknown[], queue = "sluice-jobs", bindings: object = {}) {
  const batch = createMessageBatch(
    queue,
    messages.map((body, index) => ({ id: `m${index}`, timestamp: new Date(), attempts: 1, body })),
  );
  const ctx = createExecutionContext();
  await worker.queue(batch, { ...env, ...bindings });
  return getQueueResult(batch, ctx);
}

describe("a batch from the Queue", () => {
  it("is claimed by one statement, and its ends are written together", async () => {
    const { id } = await createTenant();
    const drafts = Array.from({ length: 60 }, () => draft());
    const { jobIds } = await enqueueUnsent(id, drafts);
    const messages = [0, 20, 40].map((from) => ({ v: 1, tenantId: id, jobIds: jobIds.slice(from, from + 20) }));
    const meter = meterD1(env.DB);
    expect(await deliver(messages, "sluice-jobs", { DB: meter.db })).toMatchObject({
      outcome: "ok",
      retryMessages: [],
    });
    expect(await statesOf(id)).toEqual({ succeeded: 60 });
    const claims = meter.costs.filter(({ sql }) => sql.includes("state = 'running', attempt = attempt + 1"));
    const finishes = meter.costs.filter(({ sql }) => sql.includes("failures = failures + "));
    expect(claims).toHaveLength(1);
    // More than run at a time: all of them end before anything is written.
    expect(finishes).toHaveLength(1);
    expect(meter.costs).toHaveLength(2);
    expect(meter.total().written).toBe(120);
  });

  it("runs nothing for a duplicate of a running job's message", async () => {
    const { id } = await createTenant();
    const done = hold(id);
    const job = held(id);
    await gateOf(id).enqueue([job]);
    await vi.waitFor(() => expect(starts.get(id)).toBe(1));
    const before = await rowOf(id, job.id);
    await deliver([{ v: 1, tenantId: id, jobIds: [job.id] }]);
    expect(starts.get(id)).toBe(1);
    expect(await rowOf(id, job.id)).toEqual(before);
    done.resolve();
    await vi.waitFor(async () => expect(await statesOf(id)).toEqual({ succeeded: 1 }));
  });

  it("runs nothing for a duplicate of a finished job's message", async () => {
    const { id } = await createTenant();
    hold(id).resolve();
    const job = held(id);
    await gateOf(id).enqueue([job]);
    await vi.waitFor(async () => expect(await statesOf(id)).toEqual({ succeeded: 1 }));
    const before = await rowOf(id, job.id);
    await deliver([{ v: 1, tenantId: id, jobIds: [job.id, job.id] }]);
    expect(starts.get(id)).toBe(1);
    expect(await rowOf(id, job.id)).toEqual(before);
  });

  it("starts no job that waits for room, whatever message names it", async () => {
    const { id } = await createTenant({ concurrency: 1 });
    const waiting = draft();
    await enqueueUnsent(id, [draft()]);
    await gateOf(id).enqueue([waiting]);
    await deliver([{ v: 1, tenantId: id, jobIds: [waiting.id] }]);
    expect(await rowOf(id, waiting.id)).toMatchObject({ state: "queued", attempt: 0 });
  });

  it("starts no job of another tenant by its id", async () => {
    const [owner, other] = [await createTenant(), await createTenant()];
    const { jobIds } = await enqueueUnsent(owner.id, [draft()]);
    await deliver([{ v: 1, tenantId: other.id, jobIds }]);
    expect(await statesOf(owner.id)).toEqual({ queued: 1 });
  });

  it("hands a job back, uncounted, whose type it does not know", async () => {
    const { id } = await createTenant();
    const job = draft({ type: "of.the.next.version" });
    await gateOf(id).enqueue([job]);
    await vi.waitFor(async () => expect(await statesOf(id)).toEqual({ scheduled: 1 }));
    const row = await rowOf(id, job.id);
    expect(row).toMatchObject({ failures: 0, crashes: 0, released: 0, errors: null });
    expect(row["due_at"]).toBeGreaterThan(Date.now() + 5_000);
  });

  it("waits no longer after a hand-back because a lease was lost before", async () => {
    const { id } = await createTenant();
    const [fresh, suspect] = [draft({ type: "of.the.next.version" }), draft({ type: "of.the.next.version" })];
    const message = await enqueueUnsent(id, [fresh, suspect]);
    await setRow(id, suspect.id, { isolated: 1, attempt: 1 });
    await deliver([message]);
    await deliver([{ ...message, jobIds: [suspect.id] }], "sluice-isolated");
    const waits = async (jobId: string) => Number((await rowOf(id, jobId))["due_at"]) - Date.now();
    expect(await waits(fresh.id)).toBeGreaterThan(5_000);
    expect(await waits(suspect.id)).toBeGreaterThan(5_000);
    expect(await waits(suspect.id)).toBeLessThanOrEqual(10_000);
  });

  it("drops what is not one of our messages, and runs the rest", async () => {
    const { id } = await createTenant();
    const message = await enqueueUnsent(id, [draft()]);
    expect(await deliver([{ v: 99 }, "nonsense", message])).toMatchObject({ outcome: "ok", retryMessages: [] });
    expect(await statesOf(id)).toEqual({ succeeded: 1 });
  });

  it("asks for its messages again when D1 cannot be reached", async () => {
    const { id } = await createTenant();
    const message = await enqueueUnsent(id, [draft()]);
    const prepare = () => {
      throw new Error("D1_ERROR: Network connection lost.");
    };
    const result = await deliver([message], "sluice-jobs", { DB: { prepare } });
    expect(result).toMatchObject({ retryBatch: { retry: true } });
    expect(await statesOf(id)).toEqual({ queued: 1 });
  });

  it("reads a claim back whose reply was lost, and counts no crash", async () => {
    const { id } = await createTenant();
    const message = await enqueueUnsent(id, [draft(), draft()]);
    await deliver([message], "sluice-jobs", { DB: losingReplies("attempt = attempt + 1") });
    expect(await statesOf(id)).toEqual({ succeeded: 2 });
    expect(await rowOf(id, message.jobIds[0]!)).toMatchObject({ attempt: 1, crashes: 0 });
  });

  it("settles a finish whose reply was lost", async () => {
    const { id } = await createTenant({ concurrency: 2 });
    const message = await enqueueUnsent(id, [draft(), draft()]);
    await gateOf(id).enqueue([draft()]);
    vi.restoreAllMocks();
    await deliver([message], "sluice-jobs", { DB: losingReplies("failures = failures + ") });
    await vi.waitFor(async () => expect(await statesOf(id)).toEqual({ succeeded: 3 }));
  });
});

/** D1 that commits the first statement with this text, and loses the reply. */
function losingReplies(text: string): D1Database {
  let lost = false;
  const wrap = (statement: D1PreparedStatement, sql: string): D1PreparedStatement =>
    ({
      bind: (...values: unknown[]) => wrap(statement.bind(...values), sql),
      all: async () => {
        const result = await statement.all();
        if (lost || !sql.includes(text)) return result;
        lost = true;
        throw new Error("D1_ERROR: Network connection lost.");
      },
    }) as unknown as D1PreparedStatement;
  return { prepare: (sql: string) => wrap(env.DB.prepare(sql), sql) } as unknown as D1Database;
}
