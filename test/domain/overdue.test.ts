import { readdirSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TRANSITIONS } from "../../src/domain/job.ts";
import { moveOn, type Next, type OverdueJob, type OverduePolicy } from "../../src/domain/overdue.ts";

const NOW = 1_700_000_000_000;
const POLICY: OverduePolicy = { now: NOW, pickupWindowMs: 60_000, crashLimit: 3 };

const scheduled: OverdueJob = {
  id: "job",
  type: "noop",
  state: "scheduled",
  queue: "default",
  released: 0,
  attempt: 0,
  crashes: 0,
  isolated: 0,
  deliveries: 0,
  solo: 0,
  dueAt: NOW - 1,
  startedAt: null,
  leaseUntil: null,
  expiresAt: null,
  cancelAt: null,
  callbackOn: null,
  nextOn: null,
  groupId: null,
  stopped: 0,
  payloadBytes: 2,
};
const released: OverdueJob = { ...scheduled, state: "queued", released: 1, deliveries: 1 };
const running: OverdueJob = { ...released, state: "running", attempt: 1, leaseUntil: NOW + 5_000 };
const lost: OverdueJob = { ...running, leaseUntil: NOW };
const crashed: OverdueJob = { ...lost, isolated: 1 };

describe("moveOn", () => {
  it("looks at a running job again when its lease ends", () => {
    expect(moveOn(running, false, POLICY)).toEqual({
      state: "running",
      released: true,
      dueAt: NOW + 5_000,
      waits: false,
      crashes: 0,
      isolated: 0,
      deliveries: 1,
      error: null,
      cancelReason: null,
    });
  });

  it.each([0, 1])("runs a job alone that has lost its lease beside others, and counts nothing (solo = %i)", (solo) => {
    expect(moveOn({ ...lost, solo, deliveries: 4 }, false, { ...POLICY, crashLimit: 2 })).toMatchObject({
      state: "queued",
      released: true,
      dueAt: NOW + 60_000,
      crashes: 0,
      isolated: 1,
      deliveries: 1,
      error: { kind: "crash", name: "SharedCrash", attempt: 1, at: NOW },
    });
  });

  it("runs a job again that has lost its lease alone, counts the crash and says so", () => {
    expect(moveOn({ ...crashed, crashes: 1, deliveries: 4 }, false, POLICY)).toMatchObject({
      state: "queued",
      released: true,
      dueAt: NOW + 60_000,
      crashes: 2,
      isolated: 1,
      deliveries: 1,
      error: { kind: "crash", name: "Crash", attempt: 1, at: NOW },
    });
  });

  it("fails a job whose Worker died as often as is allowed while it ran alone", () => {
    expect(moveOn({ ...crashed, crashes: 2 }, true, POLICY)).toMatchObject({
      state: "failed",
      released: false,
      dueAt: null,
      crashes: 3,
      error: { kind: "crash" },
    });
  });

  it.each([scheduled, { ...scheduled, state: "queued", dueAt: null } as const, released])(
    "cancels a job that has expired before anybody started it: %j",
    (job) => {
      expect(moveOn({ ...job, expiresAt: NOW }, true, POLICY)).toMatchObject({
        state: "cancelled",
        released: false,
        dueAt: null,
        cancelReason: "expired",
        error: null,
      });
      expect(moveOn({ ...job, expiresAt: NOW + 1 }, true, POLICY).state).toBe("queued");
    },
  );

  it.each([running, { ...scheduled, state: "retrying", attempt: 1 } as const])(
    "lets no job expire that was started: %j",
    (job) => {
      expect(moveOn({ ...job, expiresAt: NOW - 1 }, true, POLICY).cancelReason).toBeNull();
    },
  );

  it("cancels a job whose Worker died, when somebody has asked for its end", () => {
    expect(moveOn({ ...crashed, cancelAt: NOW - 9 }, true, POLICY)).toMatchObject({
      state: "cancelled",
      released: false,
      dueAt: null,
      crashes: 1,
      error: { kind: "crash" },
    });
    expect(moveOn({ ...lost, cancelAt: NOW - 9 }, true, POLICY)).toMatchObject({ state: "cancelled", crashes: 0 });
  });

  it.each([scheduled, released, { ...scheduled, state: "retrying" as const, attempt: 1 }])(
    "cancels a job of a group that was stopped, and leaves one alone that runs: $state",
    (job) => {
      expect(moveOn({ ...job, stopped: 1 }, true, POLICY)).toMatchObject({
        state: "cancelled",
        released: false,
        dueAt: null,
        cancelReason: "group_stopped",
      });
      expect(moveOn({ ...running, stopped: 1 }, true, POLICY)).toMatchObject({ state: "running" });
    },
  );

  it("takes a running job without a lease as one that has lost it", () => {
    expect(moveOn({ ...running, leaseUntil: null }, true, POLICY)).toMatchObject({ state: "queued", isolated: 1 });
  });

  it("sends a job again that nobody claimed, with twice the time to claim it", () => {
    const first = moveOn(released, false, POLICY);
    expect(first).toMatchObject({ state: "queued", released: true, dueAt: NOW + 120_000, deliveries: 2, crashes: 0 });
    const second = moveOn({ ...released, deliveries: first.deliveries }, false, POLICY);
    expect(second).toMatchObject({ dueAt: NOW + 240_000, deliveries: 3 });
  });

  it("never gives more than an hour to claim a job", () => {
    expect(moveOn({ ...released, deliveries: 5_000 }, false, POLICY).dueAt).toBe(NOW + 3_600_000);
  });

  it.each(["scheduled", "retrying"] as const)("releases a %s job when there is room", (state) => {
    expect(moveOn({ ...scheduled, state, deliveries: 3 }, true, POLICY)).toEqual({
      state: "queued",
      released: true,
      dueAt: NOW + 60_000,
      waits: false,
      crashes: 0,
      isolated: 0,
      deliveries: 1,
      error: null,
      cancelReason: null,
    });
  });

  it.each(["scheduled", "retrying"] as const)("makes a %s job wait for room when there is none", (state) => {
    expect(moveOn({ ...scheduled, state }, false, POLICY)).toMatchObject({
      state: "queued",
      released: false,
      dueAt: null,
      waits: true,
      error: null,
      cancelReason: null,
    });
  });
});

// The jobs that the alarm may read: those which the schema lets have a `due_at`.
const count = fc.integer({ min: 0, max: 100 });
const overdueJob: fc.Arbitrary<OverdueJob> = fc
  .record({
    kind: fc.constantFrom("scheduled", "retrying", "released", "running"),
    attempt: count,
    crashes: fc.integer({ min: 0, max: 10 }),
    isolated: fc.constantFrom(0, 1),
    deliveries: count,
    solo: fc.constantFrom(0, 1),
    overdueBy: fc.integer({ min: 0, max: 10_000_000 }),
    lease: fc.integer({ min: -1_000_000, max: 1_000_000 }),
  })
  .map(({ kind, lease, overdueBy, ...counts }) => ({
    ...scheduled,
    ...counts,
    state: kind === "released" ? ("queued" as const) : kind,
    released: kind === "released" || kind === "running" ? 1 : 0,
    dueAt: NOW - overdueBy,
    leaseUntil: kind === "running" ? NOW + lease : null,
  }));

const policy = fc.record({
  now: fc.constant(NOW),
  pickupWindowMs: fc.integer({ min: 1, max: 7_200_000 }),
  crashLimit: fc.integer({ min: 2, max: 10 }),
});

describe("any move", () => {
  it("makes a row that the schema's constraints allow", () => {
    const insert = migratedJobs();
    fc.assert(
      fc.property(overdueJob, fc.boolean(), policy, (job, hasRoom, policy) => {
        expect(() => insert(job, moveOn(job, hasRoom, policy))).not.toThrow();
      }),
      { numRuns: 1_000 },
    );
  });

  it("is a step of the transition table, or leaves the state as it is", () => {
    fc.assert(
      fc.property(overdueJob, fc.boolean(), policy, (job, hasRoom, policy) => {
        const { state } = moveOn(job, hasRoom, policy);
        return state === job.state || TRANSITIONS[job.state].includes(state);
      }),
    );
  });

  it("leaves no job overdue, so that the alarm does not spin", () => {
    fc.assert(
      fc.property(overdueJob, fc.boolean(), policy, (job, hasRoom, policy) => {
        const { dueAt } = moveOn(job, hasRoom, policy);
        return dueAt === null || dueAt > NOW;
      }),
    );
  });

  it("takes a slot only when there is room, and keeps the one that a job has until it fails", () => {
    fc.assert(
      fc.property(overdueJob, fc.boolean(), policy, (job, hasRoom, policy) => {
        const to = moveOn(job, hasRoom, policy);
        return to.released === (job.released === 1 ? to.state !== "failed" : hasRoom);
      }),
    );
  });

  it("counts a lost lease exactly when the job ran alone, and fails it exactly when its crashes reach the limit", () => {
    fc.assert(
      fc.property(overdueJob, fc.boolean(), policy, (job, hasRoom, policy) => {
        const to = moveOn(job, hasRoom, policy);
        const lost = job.state === "running" && (job.leaseUntil ?? 0) <= NOW;
        const crashed = lost && job.isolated === 1;
        expect(to.crashes).toBe(job.crashes + (crashed ? 1 : 0));
        expect(to.state === "failed").toBe(crashed && to.crashes >= policy.crashLimit);
        expect(to.isolated).toBe(lost ? 1 : job.isolated);
        expect(to.error === null).toBe(!lost);
      }),
    );
  });

  it("ends a job that loses every lease after one more than the crash limit", () => {
    fc.assert(
      fc.property(policy, (policy) => {
        let job = lost;
        for (let leases = 1; ; leases++) {
          const to = moveOn(job, true, policy);
          if (to.state === "failed") return leases === policy.crashLimit + 1;
          job = { ...job, crashes: to.crashes, isolated: to.isolated };
        }
      }),
    );
  });
});

/** The jobs table as the migrations make it; writes a moved job into it as `moveOverdue` does. */
function migratedJobs(): (job: OverdueJob, to: Next) => void {
  const db = new DatabaseSync(":memory:");
  const files = readdirSync("migrations").filter((file) => file.endsWith(".sql"));
  for (const file of files.toSorted()) db.exec(readFileSync(`migrations/${file}`, "utf8"));
  const insert = db.prepare(`INSERT OR ABORT INTO jobs (tenant_id, id, state, type, queue, priority, released, due_at,
      ready_at, lease_until, claim, deliveries, attempt, crashes, isolated, max_attempts, timeout_ms, backoff, payload_bytes,
      created_at, finished_at, payload, errors)
    VALUES ('t', 'job', ?, 'noop', 'default', 5, ?, ?, ?, ?, ?, ?, ?, ?, ?, 5, 30000, '{}', 2, 0, ?, '{}', ?)`);
  return (job, to) => {
    db.exec("DELETE FROM jobs");
    insert.run(
      to.state,
      to.released ? 1 : 0,
      to.dueAt,
      to.waits ? NOW : null,
      to.state === "running" ? job.leaseUntil : null,
      job.attempt > 0 ? "claim" : job.state === "running" ? "claim" : null,
      to.deliveries,
      job.attempt,
      to.crashes,
      to.isolated,
      to.state === "failed" ? NOW : null,
      to.error === null ? null : JSON.stringify([to.error]),
    );
  };
}
