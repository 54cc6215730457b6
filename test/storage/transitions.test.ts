import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { JOB_STATES, type JobState, TERMINAL_STATES, TRANSITIONS } from "../../src/domain/job.ts";
import { type Move, moveOn, type OverdueJob } from "../../src/domain/overdue.ts";
import { cancelJobs } from "../../src/storage/change-jobs.ts";
import { claimJobs } from "../../src/storage/claim-jobs.ts";
import { finishJobs } from "../../src/storage/finish-jobs.ts";
import { type GateFence, raiseFence } from "../../src/storage/gate-fence.ts";
import { insertJobs } from "../../src/storage/insert-jobs.ts";
import { moveOverdue } from "../../src/storage/overdue-jobs.ts";
import { recallReleased, releaseWaiting } from "../../src/storage/release-jobs.ts";
import { draft } from "../support/drafts.ts";
import { rowOf, setRow } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";

let tenantId: string;
let fence: GateFence;

beforeAll(async () => {
  tenantId = (await createTenant()).id;
  fence = (await raiseFence(env.DB, tenantId))!.fence;
});

const SHAPES: Record<JobState, Record<string, unknown>> = {
  scheduled: { released: 0, due_at: 1, ready_at: null },
  queued: { released: 1, due_at: 1 },
  running: { released: 1, due_at: 1, lease_until: 1, claim: "token", attempt: 1 },
  retrying: { released: 0, due_at: 1, ready_at: null, attempt: 1 },
  succeeded: { released: 0, due_at: null, finished_at: 1, attempt: 1 },
  failed: { released: 0, due_at: null, finished_at: 1, attempt: 1 },
  cancelled: { released: 0, due_at: null, finished_at: 1 },
};

async function jobIn(state: JobState, overrides = {}): Promise<string> {
  const job = draft({ queue: state });
  await env.DB.batch(
    insertJobs(env.DB, tenantId, [{ draft: job, call: 0, released: true }], { now: 1, claimBy: Date.now() + 60_000 }),
  );
  await setRow(tenantId, job.id, { state, ...SHAPES[state], ...overrides });
  return job.id;
}

const move = (id: string, to: Move["to"], job: Partial<OverdueJob>) =>
  moveOverdue(env.DB, fence, [{ job: { id, dueAt: 1, attempt: 0, ...job } as OverdueJob, to }], 2, Date.now() + 60_000);
const policy = { now: 2, pickupWindowMs: 1_000, crashLimit: 2 };
const overdue = (id: string, row: Partial<OverdueJob>): OverdueJob => ({
  id,
  type: "noop",
  state: "queued",
  queue: "default",
  released: 1,
  attempt: 0,
  crashes: 0,
  isolated: 0,
  deliveries: 1,
  solo: 0,
  dueAt: 1,
  startedAt: null,
  leaseUntil: null,
  expiresAt: null,
  cancelAt: null,
  payloadBytes: 2,
  callbackOn: null,
  nextOn: null,
  groupId: null,
  stopped: 0,
  ...row,
});

/** Everything that moves a job, tried on a job of whatever state. */
const STATEMENTS: Record<string, (id: string) => Promise<unknown>> = {
  claim: (id) => claimJobs(env.DB, [{ tenantId, id }], { token: "t", now: 2, leaseGraceMs: 1_000, isolated: true }),
  cancel: (id) => env.DB.batch(cancelJobs(env.DB, tenantId, [id], 2)),
  "call back": () => env.DB.batch([recallReleased(env.DB, tenantId, JOB_STATES)]),
  release: () => env.DB.batch(JOB_STATES.map((queue) => releaseWaiting(env.DB, tenantId, queue, 10, 5))),
  ...Object.fromEntries(
    (["succeeded", "failed", "retrying", "scheduled", "cancelled"] as const).map((state) => [
      `finish as ${state}`,
      async (id: string) => {
        const waits = state === "retrying" || state === "scheduled";
        const times = { dueAt: waits ? 9 : null, finishedAt: waits ? null : 9 };
        const nothing = {
          endedAt: 9,
          failed: false,
          result: null,
          resultBlob: null,
          blobs: [],
          error: null,
          callbackOn: null,
          nextOn: null,
          groupId: null,
        };
        await finishJobs(env.DB, [{ tenantId, id, attempt: 1, state, ...times, ...nothing }]);
      },
    ]),
  ),
  "promote a scheduled job": (id) =>
    move(id, moveOn(overdue(id, { state: "scheduled", released: 0 }), true, policy), { state: "scheduled" }),
  "promote a retrying job": (id) =>
    move(id, moveOn(overdue(id, { state: "retrying", released: 0 }), false, policy), { state: "retrying", attempt: 1 }),
  "recover a lost lease": (id) =>
    move(id, moveOn(overdue(id, { state: "running", attempt: 1 }), true, policy), { state: "running", attempt: 1 }),
  "end at the crash limit": (id) =>
    move(id, moveOn(overdue(id, { state: "running", attempt: 1, isolated: 1, crashes: 1 }), true, policy), {
      state: "running",
      attempt: 1,
    }),
};

describe("the transition table", () => {
  const reached = new Set<string>();

  for (const [name, run] of Object.entries(STATEMENTS)) {
    it(`allows whatever "${name}" does to a job of any state`, async () => {
      for (const from of JOB_STATES) {
        const id = await jobIn(from);
        await run(id);
        const to = (await rowOf(tenantId, id))["state"] as JobState;
        if (to === from) continue;
        expect(TRANSITIONS[from]).toContain(to);
        reached.add(`${from} → ${to}`);
      }
    });
  }

  it("lists no transition that no statement makes", () => {
    const listed = JOB_STATES.flatMap((from) => TRANSITIONS[from].map((to) => `${from} → ${to}`));
    expect([...reached].toSorted()).toEqual(listed.toSorted());
  });

  it("lets nothing change a finished job", async () => {
    for (const state of TERMINAL_STATES) {
      const id = await jobIn(state);
      const before = await rowOf(tenantId, id);
      for (const run of Object.values(STATEMENTS)) await run(id);
      expect(await rowOf(tenantId, id)).toEqual(before);
    }
  });
});

describe("a finish", () => {
  it("changes nothing when its attempt is not the one that runs", async () => {
    const id = await jobIn("running", { attempt: 2 });
    const before = await rowOf(tenantId, id);
    await STATEMENTS["finish as succeeded"]!(id);
    expect(await rowOf(tenantId, id)).toEqual(before);
  });
});

describe("a claim", () => {
  it.each([
    ["that has lost a lease", { isolated: 1 }],
    ["whose crash a version before has counted", { crashes: 1 }],
  ])("leaves a job %s to the isolated queue", async (_, suspect) => {
    const id = await jobIn("queued", suspect);
    const claim = (isolated: boolean) =>
      claimJobs(env.DB, [{ tenantId, id }], { token: "t", now: 2, leaseGraceMs: 1_000, isolated });
    expect(await claim(false)).toEqual([]);
    expect(await claim(true)).toHaveLength(1);
  });
});

describe("the table", () => {
  it.each([
    ["a finished job without its time", "succeeded", { finished_at: null, due_at: 1 }],
    ["an unfinished job that waits for nothing", "queued", { due_at: null, ready_at: null }],
    ["a job that waits for time and for room at once", "queued", { released: 0, due_at: 1, ready_at: 1 }],
    ["a slot held by a job that is not in the Queue or running", "retrying", { released: 1 }],
    ["a running job without a lease", "running", { lease_until: null }],
    ["a state that is none", "queued", { state: "paused" }],
    ["a job with neither payload nor reference", "queued", { payload: null }],
  ] as const)("refuses %s", async (_, state, nonsense) => {
    const id = await jobIn(state);
    await expect(setRow(tenantId, id, nonsense)).rejects.toThrow("CHECK constraint failed");
  });
});
