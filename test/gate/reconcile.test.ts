import { afterEach, describe, expect, it, vi } from "vitest";
import { beforeEarliestDue } from "../support/d1-faults.ts";
import { draft } from "../support/drafts.ts";
import { fireAlarm, gateOf } from "../support/gate.ts";
import { rowOf, setRow, statesOf } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const finished = (tenantId: string, count: number) =>
  vi.waitFor(async () => expect(await statesOf(tenantId)).toEqual({ succeeded: count }));

/** Makes a finished job one that is due for a retry. */
const retryAt = (tenantId: string, id: string, dueAt: number) =>
  setRow(tenantId, id, { state: "retrying", due_at: dueAt, finished_at: null });

describe("a reconcile", () => {
  it("is made again when an alarm or a poke comes while it runs", async () => {
    const { id } = await createTenant();
    await gateOf(id).enqueue([draft()]);
    await finished(id, 1);
    let poked = false;
    const seen = beforeEarliestDue(() => {
      if (poked) return;
      poked = true;
      void gateOf(id).poke();
      return new Promise((resolve) => setTimeout(resolve, 50));
    });
    await gateOf(id).poke();
    await vi.waitFor(() => expect(seen.reconciles()).toBe(2), 10_000);
  });

  it("moves what comes due while it runs right after it", async () => {
    const { id } = await createTenant();
    const [job, other] = [draft(), draft()];
    await gateOf(id).enqueue([job, other]);
    await finished(id, 2);
    await retryAt(id, other.id, Date.now() + 3_600_000);
    const dueAt = Date.now() + 50;
    beforeEarliestDue(async () => {
      while (Date.now() <= dueAt) await new Promise((resolve) => setTimeout(resolve, 5));
    });
    await retryAt(id, job.id, dueAt);
    await gateOf(id).poke();
    expect(await rowOf(id, job.id)).not.toMatchObject({ state: "retrying" });
  });

  it("sets the alarm to the earliest due time, and moves nothing before it", async () => {
    const { id } = await createTenant();
    const job = draft();
    await gateOf(id).enqueue([job]);
    await finished(id, 1);
    await retryAt(id, job.id, Date.now() + 400);
    await gateOf(id).poke();
    expect(await rowOf(id, job.id)).toMatchObject({ state: "retrying" });
    await finished(id, 1);
  });

  it("makes due jobs wait for room when there is none", async () => {
    const { id } = await createTenant({ concurrency: 1 });
    const [first, second] = [draft(), draft()];
    await gateOf(id).enqueue([first, second]);
    await finished(id, 2);
    await setRow(id, first.id, { state: "queued", released: 1, due_at: Date.now() + 60_000, finished_at: null });
    await retryAt(id, second.id, Date.now() - 1);
    await fireAlarm(id);
    await gateOf(id).poke();
    expect(await rowOf(id, second.id)).toMatchObject({ state: "queued", released: 0, due_at: null });
    await gateOf(id).change("cancel", first.id);
    await vi.waitFor(async () => expect(await rowOf(id, second.id)).toMatchObject({ state: "succeeded" }));
  });
});
