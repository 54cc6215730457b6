import { afterEach, describe, expect, it, vi } from "vitest";
import { TenantGate } from "../../src/gate/tenant-gate.ts";
import type { Admission } from "../../src/protocol/gate.ts";
import { onCall } from "../cost/on-call.ts";
import { faultyWrites, interceptSessions } from "../support/d1-faults.ts";
import { draft } from "../support/drafts.ts";
import { gateOf } from "../support/gate.ts";
import { rowOf, statesOf } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the group commit", () => {
  it("makes far fewer than 200 inserts of 200 concurrent enqueues", async () => {
    const tenant = await createTenant();
    const gate = gateOf(tenant.id);
    await gate.enqueue([draft()]);
    let arrived = 0;
    onCall(TenantGate.prototype, "enqueue", () => arrived++);
    // The first write takes as long as the others take to arrive: how many there are is not left to the machine.
    const batches = faultyWrites((call) => (call === 1 ? { until: () => arrived === 200 } : undefined));
    const admissions = await Promise.all(Array.from({ length: 200 }, () => gate.enqueue([draft()])));
    expect(admissions.every((admission) => admission.kind === "admitted")).toBe(true);
    expect(batches.calls()).toBeLessThan(40);
    await vi.waitFor(async () => expect(await statesOf(tenant.id)).toEqual({ succeeded: 201 }), 10_000);
  });

  it("answers nobody before the row is committed", async () => {
    const tenant = await createTenant();
    const gate = gateOf(tenant.id);
    await gate.enqueue([draft()]);
    let open = false;
    const batches = faultyWrites(() => ({ until: () => open }));
    const answers: Admission[] = [];
    const jobs = Array.from({ length: 20 }, () => draft());
    const calls = jobs.map(async (job) => answers.push(await gate.enqueue([job])));
    await vi.waitFor(() => expect(batches.calls()).toBe(1));
    // Another round trip to the same object: whatever could have been answered by now would have been.
    await gate.wait("no-such-job", 1);
    expect(answers).toEqual([]);
    open = true;
    await Promise.all(calls);
    expect(answers).toEqual(jobs.map(() => expect.objectContaining({ kind: "admitted", originals: [null] })));
    for (const job of jobs) await rowOf(tenant.id, job.id);
  });

  it("fails only the caller whose row D1 refuses", async () => {
    const tenant = await createTenant();
    const gate = gateOf(tenant.id);
    await gate.enqueue([draft()]);
    // Neither payload nor blob: a CHECK of the table refuses it.
    const bad = draft({ payload: null, payloadBytes: 0 });
    const calls = Array.from({ length: 9 }, (_, index) => gate.enqueue([index === 4 ? bad : draft()]));
    const kinds = (await Promise.all(calls)).map((admission) => admission.kind);
    expect(kinds.filter((kind) => kind === "admitted")).toHaveLength(8);
    expect(kinds[4]).toBe("refused");
  });

  it("writes a call of 1,000 large jobs in statements that D1 takes", async () => {
    const tenant = await createTenant({ concurrency: 1 });
    const gate = gateOf(tenant.id);
    const payload = (n: number) => JSON.stringify(`${n}${'é"'.repeat(1_000)}`);
    const sizes: number[] = [];
    interceptSessions((session) => ({
      prepare: (sql) => {
        const statement = session.prepare(sql);
        const bind = statement.bind.bind(statement);
        statement.bind = (...values) => {
          expect(values.length).toBeLessThanOrEqual(100);
          for (const value of values)
            if (typeof value === "string") sizes.push(new TextEncoder().encode(value).byteLength);
          return bind(...values);
        };
        return statement;
      },
    }));
    const drafts = Array.from({ length: 1_000 }, (_, n) => draft({ payload: payload(n) }));
    expect(await gate.enqueue(drafts)).toMatchObject({ kind: "admitted" });
    expect(Math.max(...sizes)).toBeGreaterThan(1_000_000);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2_000_000);
  });
});
