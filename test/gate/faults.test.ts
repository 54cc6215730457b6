import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { raiseFence } from "../../src/storage/gate-fence.ts";
import { readSlots } from "../../src/storage/gate-state.ts";
import { faultyWrites } from "../support/d1-faults.ts";
import { draft } from "../support/drafts.ts";
import { fireAlarm, gateOf, stubOf } from "../support/gate.ts";
import { hold } from "../support/handlers.ts";
import { rowOf, setRow, statesOf } from "../support/rows.ts";
import { interceptSends } from "../support/sends.ts";
import { createTenant } from "../support/tenants.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const held = (name: string) => draft({ type: "held", payload: JSON.stringify({ name }) });
const allSucceeded = (tenantId: string, count: number) =>
  vi.waitFor(async () => expect(await statesOf(tenantId)).toEqual({ succeeded: count }), 10_000);

describe("a gate whose D1 fails", () => {
  it("tries an insert again that failed before its commit, and stores it once", async () => {
    const { id } = await createTenant();
    const gate = gateOf(id);
    await gate.enqueue([draft()]);
    faultyWrites((call) => (call === 1 ? "before" : undefined));
    expect(await gate.enqueue([draft()])).toMatchObject({ kind: "admitted", originals: [null] });
    await fireAlarm(id);
    await allSucceeded(id, 2);
  });

  it("answers with the job when only the reply of its commit was lost", async () => {
    const { id } = await createTenant();
    const gate = gateOf(id);
    await gate.enqueue([draft()]);
    faultyWrites((call) => (call === 1 ? "after" : undefined));
    const job = draft();
    expect(await gate.enqueue([job])).toMatchObject({ kind: "admitted", originals: [null] });
    vi.restoreAllMocks();
    await fireAlarm(id);
    await allSucceeded(id, 2);
  });

  it("answers storage_unavailable when D1 stays away, and stores nothing then or later", async () => {
    const { id } = await createTenant();
    const gate = gateOf(id);
    await gate.enqueue([draft()]);
    await allSucceeded(id, 1);
    faultyWrites(() => "before");
    const [first, second] = await Promise.all([gate.enqueue([draft()]), gate.enqueue([draft()])]);
    expect(first).toMatchObject({ kind: "storage_unavailable", untried: false });
    expect(second).toMatchObject({ kind: "storage_unavailable" });
    expect(await gate.enqueue([draft()])).toMatchObject({ kind: "storage_unavailable", untried: true });
    vi.restoreAllMocks();
    await vi.waitFor(async () => expect(await gate.enqueue([draft()])).toMatchObject({ kind: "admitted" }), {
      timeout: 10_000,
      interval: 100,
    });
    await allSucceeded(id, 2);
  });

  it("gives up a stalled insert at its deadline, and the insert cannot commit later", async () => {
    const { id } = await createTenant();
    const gate = gateOf(id);
    await gate.enqueue([draft()]);
    await allSucceeded(id, 1);
    let open = false;
    faultyWrites((call) => (call === 1 ? { until: () => open } : "before"));
    const begun = Date.now();
    expect(await gate.enqueue([draft()])).toMatchObject({ kind: "storage_unavailable", untried: false });
    expect(Date.now() - begun).toBeLessThan(3_000);
    vi.restoreAllMocks();
    open = true;
    await vi.waitFor(async () => expect(await gate.enqueue([draft()])).toMatchObject({ kind: "admitted" }), {
      timeout: 10_000,
      interval: 100,
    });
    await allSucceeded(id, 2);
  });
});

describe("a gate that is replaced", () => {
  it("writes nothing once a newer gate has started", async () => {
    const { id } = await createTenant();
    const gate = gateOf(id);
    await gate.enqueue([draft()]);
    await allSucceeded(id, 1);
    await raiseFence(env.DB, id);
    const refused = draft();
    expect(await gate.enqueue([refused])).toMatchObject({ kind: "storage_unavailable", untried: true });
    await expect(rowOf(id, refused.id)).rejects.toThrow("there is no job");
    expect(await gate.enqueue([draft()])).toMatchObject({ kind: "admitted" });
  });

  it("over-admits by no more than what its bucket had left when it restarts", async () => {
    const { id } = await createTenant({ rate: 1, burst: 10 });
    expect(await gateOf(id).enqueue(Array.from({ length: 8 }, () => draft()))).toMatchObject({ kind: "admitted" });
    await allSucceeded(id, 8);
    await evictDurableObject(stubOf(id));
    expect(await gateOf(id).enqueue(Array.from({ length: 5 }, () => draft()))).toMatchObject({ kind: "rate_limited" });
    expect(await gateOf(id).enqueue([draft()])).toMatchObject({ kind: "admitted" });
  });

  it("finds its slots and its waiting jobs again after a restart", async () => {
    const { id } = await createTenant({ concurrency: 2, backlog: 3 });
    const done = hold(id);
    await gateOf(id).enqueue(Array.from({ length: 5 }, () => held(id)));
    await vi.waitFor(async () => expect(await statesOf(id)).toEqual({ running: 2, queued: 3 }));
    await evictDurableObject(stubOf(id));
    expect(await gateOf(id).enqueue([draft()])).toMatchObject({ kind: "backlog_full", limit: { max: 3, current: 3 } });
    expect(await readSlots(env.DB, id)).toHaveLength(2);
    done.resolve();
    await allSucceeded(id, 5);
  });
});

describe("a gate whose messages and settles are lost", () => {
  it("sends a job again that nobody has claimed in time", async () => {
    const { id } = await createTenant();
    const send = interceptSends();
    const job = draft();
    await gateOf(id).enqueue([job]);
    await vi.waitFor(() => expect(send).toHaveBeenCalled());
    vi.restoreAllMocks();
    await setRow(id, job.id, { due_at: Date.now() - 1 });
    await fireAlarm(id);
    await allSucceeded(id, 1);
    expect(await rowOf(id, job.id)).toMatchObject({ attempt: 1, deliveries: 2, failures: 0 });
  });

  it("keeps trying a send that fails", async () => {
    const { id } = await createTenant();
    let sends = 0;
    interceptSends((_, deliver) => {
      if (++sends === 1) throw new Error("queue unavailable");
      return deliver();
    });
    await gateOf(id).enqueue([draft()]);
    await allSucceeded(id, 1);
    expect(sends).toBe(2);
  });

  it("frees the slots of jobs whose settle was lost, by one alarm", async () => {
    const { id } = await createTenant({ concurrency: 2 });
    const gate = gateOf(id);
    interceptSends();
    const jobs = [draft(), draft()];
    await gate.enqueue(jobs);
    await gate.enqueue([draft()]);
    expect(await statesOf(id)).toEqual({ queued: 3 });
    const ended = { state: "succeeded", released: 0, due_at: null, ready_at: null, finished_at: Date.now() };
    for (const job of jobs) await setRow(id, job.id, ended);
    vi.restoreAllMocks();
    await fireAlarm(id);
    await allSucceeded(id, 3);
  });

  it("moves a job's due time to the end of a lease that is still good", async () => {
    const { id } = await createTenant();
    const done = hold(id);
    const job = held(id);
    await gateOf(id).enqueue([job]);
    await vi.waitFor(async () => expect(await statesOf(id)).toEqual({ running: 1 }));
    await setRow(id, job.id, { due_at: Date.now() - 1 });
    await fireAlarm(id);
    const row = await rowOf(id, job.id);
    expect(row).toMatchObject({ state: "running", crashes: 0, due_at: row["lease_until"] });
    done.resolve();
    await allSucceeded(id, 1);
  });

  it("recovers by a poke when its alarm was lost", async () => {
    const { id } = await createTenant();
    interceptSends();
    const job = draft();
    await gateOf(id).enqueue([job]);
    await setRow(id, job.id, { due_at: Date.now() - 60_000 });
    vi.restoreAllMocks();
    await evictDurableObject(stubOf(id));
    const { default: worker } = await import("../support/worker.ts");
    await worker.scheduled({ scheduledTime: Date.now(), cron: "* * * * *", noRetry: () => undefined }, env);
    await allSucceeded(id, 1);
  });
});

describe("a job whose Worker died", () => {
  const loseLease = (id: string, jobId: string) =>
    setRow(id, jobId, { due_at: Date.now() - 1, lease_until: Date.now() - 1 });

  it("runs again, alone, through the isolated queue", async () => {
    const { id } = await createTenant();
    const isolated = vi.spyOn(env.ISOLATED, "sendBatch");
    const lost = hold(id);
    const job = held(id);
    await gateOf(id).enqueue([job, draft()]);
    await vi.waitFor(async () => expect(await statesOf(id)).toEqual({ running: 1, succeeded: 1 }));
    await loseLease(id, job.id);
    hold(id).resolve();
    await fireAlarm(id);
    await allSucceeded(id, 2);
    expect(isolated.mock.calls.flatMap(([messages]) => [...messages].map((message) => message.body))).toEqual([
      { v: 1, tenantId: id, jobIds: [job.id] },
    ]);
    expect(await rowOf(id, job.id)).toMatchObject({ attempt: 2, isolated: 1, crashes: 0, failures: 0 });
    // The first attempt comes to its end late, and changes nothing.
    const before = await rowOf(id, job.id);
    lost.resolve();
    await gateOf(id).wait(job.id, 100);
    expect(await rowOf(id, job.id)).toEqual(before);
  });

  it("stays alone when it fails after that, and is tried again", async () => {
    const { id } = await createTenant();
    const isolated = vi.spyOn(env.ISOLATED, "sendBatch");
    const job = draft({ type: "flaky", payload: JSON.stringify({ name: id, failures: 2 }) });
    interceptSends();
    await gateOf(id).enqueue([job]);
    await setRow(id, job.id, { state: "running", attempt: 1, claim: "token", lease_until: 1, due_at: 1 });
    await fireAlarm(id);
    await vi.waitFor(async () => {
      await fireAlarm(id);
      expect(await rowOf(id, job.id)).toMatchObject({ state: "succeeded", attempt: 4, failures: 2, crashes: 0 });
    });
    expect(isolated).toHaveBeenCalledTimes(3);
  });

  it("is failed at the crash limit, with its crashes told", async () => {
    const { id } = await createTenant();
    let run = hold(id);
    const job = held(id);
    await gateOf(id).enqueue([job]);
    // The first time others could have been to blame: it is not counted.
    for (let lost = 0; lost <= 3; lost++) {
      await vi.waitFor(async () =>
        expect(await rowOf(id, job.id)).toMatchObject({
          state: "running",
          attempt: lost + 1,
          crashes: Math.max(0, lost - 1),
        }),
      );
      await loseLease(id, job.id);
      const abandoned = run;
      run = hold(id);
      await fireAlarm(id);
      abandoned.resolve();
    }
    const row = await rowOf(id, job.id);
    expect(row).toMatchObject({ state: "failed", crashes: 3, failures: 0, released: 0 });
    expect(JSON.parse(row["errors"] as string)).toMatchObject([
      { name: "SharedCrash" },
      { name: "Crash" },
      { name: "Crash" },
      { name: "Crash" },
    ]);
    expect(await readSlots(env.DB, id)).toEqual([]);
  });
});
