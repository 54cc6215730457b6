import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { LOG_LIMITS } from "../../src/domain/log-line.ts";
import { claimJobs } from "../../src/storage/claim-jobs.ts";
import { finishJobs } from "../../src/storage/finish-jobs.ts";
import { insertJobs } from "../../src/storage/insert-jobs.ts";
import { readOriginals } from "../../src/storage/read-originals.ts";
import { type StepsToStore, storeSteps } from "../../src/storage/store-steps.ts";
import { draft } from "../support/drafts.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { rowOf, setRow } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";

let tenantId: string;

beforeAll(async () => {
  tenantId = (await createTenant()).id;
});

const claim = (ids: readonly string[]) =>
  claimJobs(
    env.DB,
    ids.map((id) => ({ tenantId, id })),
    { token: "token", now: Date.now(), leaseGraceMs: 10_000, isolated: false },
  );

/** Jobs whose first attempt runs. */
async function running(count: number): Promise<string[]> {
  const placed = Array.from({ length: count }, () => ({ draft: draft(), call: 0, released: true }));
  const times = { now: Date.now(), claimBy: Date.now() + 60_000 };
  await env.DB.batch(insertJobs(env.DB, tenantId, placed, times));
  const ids = placed.map((one) => one.draft.id);
  await claim(ids);
  return ids;
}

async function oneRunning(): Promise<string> {
  const [id = ""] = await running(1);
  return id;
}

const stored = (id: string, steps: object, more: Partial<StepsToStore> = {}): StepsToStore => ({
  tenantId,
  id,
  attempt: 1,
  steps: JSON.stringify(steps),
  claimedBytes: 2,
  logs: null,
  ...more,
});

const END = { state: "succeeded", dueAt: null, finishedAt: 9, endedAt: 9, failed: false } as const;
const NOTHING = {
  result: "1",
  resultBlob: null,
  blobs: [],
  error: null,
  callbackOn: null,
  nextOn: null,
  groupId: null,
};

const finish = (id: string, logs: string | null, attempt = 1) => ({ tenantId, id, attempt, ...END, ...NOTHING, logs });

const line = (message: string) => JSON.stringify([{ at: 1, level: "info", message }]);

describe("finished steps", () => {
  it("cost one row for each job in a write, whatever their number, and few rows read", async () => {
    const ids = await running(100);
    const meter = meterD1(env.DB);
    const kept = await storeSteps(
      meter.db,
      ids.map((id) => stored(id, { a: [1, 5, "x"], b: [1, 6] }, { logs: line("hello") })),
    );
    expect(kept).toEqual(new Set(ids.map((id) => `${tenantId}/${id}`)));
    expect(meter.costs).toHaveLength(1);
    expect(meter.total().written).toBe(100);
    expect(meter.total().read).toBeLessThanOrEqual(100 * 6);
  });

  it("are added to those before, in their order, and come with the next claim", async () => {
    const id = await oneRunning();
    await storeSteps(env.DB, [stored(id, { "2 charge": [1, 5, { ok: null }] })]);
    await storeSteps(env.DB, [
      stored(id, { '"mail" \\ é\n$.x': [1, 6], __proto__x: [1, 7, [null]] }, { claimedBytes: 90 }),
    ]);
    await setRow(tenantId, id, { state: "queued" });
    const [claimed] = await claim([id]);
    expect(claimed?.steps).toBe(
      '{"2 charge":[1,5,{"ok":null}],"\\"mail\\" \\\\ é\\n$.x":[1,6],"__proto__x":[1,7,[null]]}',
    );
    expect(await rowOf(tenantId, id)).toMatchObject({ payload_bytes: 90, attempt: 2 });
  });

  it("are the same when a write is repeated, since its reply was lost", async () => {
    const id = await oneRunning();
    const write = [stored(id, { a: [1, 5, { deep: { null: null } }] }, { logs: line("once") })];
    await storeSteps(env.DB, write);
    const before = await rowOf(tenantId, id);
    expect(await storeSteps(env.DB, write)).toEqual(new Set([`${tenantId}/${id}`]));
    expect(await rowOf(tenantId, id)).toEqual(before);
  });

  it.each<[string, Partial<StepsToStore>, Record<string, unknown>]>([
    ["of an attempt that is no longer the one that counts", {}, { attempt: 2 }],
    ["of a job that waits to run again", {}, { state: "queued" }],
    ["of a job that has finished", {}, { state: "succeeded", released: 0, due_at: null, finished_at: 1 }],
    ["of another tenant's job", { tenantId: "another" }, { deliveries: 1 }],
  ])("are not stored: %s", async (_, write, row) => {
    const id = await oneRunning();
    await setRow(tenantId, id, row);
    const before = await rowOf(tenantId, id);
    const meter = meterD1(env.DB);
    expect(await storeSteps(meter.db, [stored(id, { a: [1, 5] }, { logs: line("late"), ...write })])).toEqual(
      new Set(),
    );
    expect(await rowOf(tenantId, id)).toEqual(before);
    expect(meter.total().written).toBe(0);
  });

  it("are none of a replay's, which does all of it again", async () => {
    const id = await oneRunning();
    await storeSteps(env.DB, [stored(id, { a: [1, 5] }, { claimedBytes: 999 })]);
    const [original] = await readOriginals(env.DB, tenantId, [id]);
    expect(Object.keys(original ?? {})).not.toContain("steps");
    expect(Object.keys(original ?? {})).not.toContain("payloadBytes");
  });
});

describe("a job's log", () => {
  it("is written with the finish, and costs no row more", async () => {
    const [first = "", second = ""] = await running(2);
    const meter = meterD1(env.DB);
    await finishJobs(meter.db, [finish(first, line("said")), finish(second, null)]);
    expect(meter.total().written).toBe(2);
    expect(await rowOf(tenantId, first)).toMatchObject({ logs: `{"1":${line("said")}}` });
    expect(await rowOf(tenantId, second)).toMatchObject({ logs: null });
  });

  it("is that of its newest attempts, each as it was last written", async () => {
    const id = await oneRunning();
    const attempts = 12;
    for (let attempt = 1; attempt <= attempts; attempt++) {
      await setRow(tenantId, id, { attempt });
      // Some say nothing.
      if (attempt % 4 === 0) continue;
      for (const said of ["first", "first and second"]) {
        await storeSteps(env.DB, [stored(id, {}, { attempt, logs: line(`${attempt}: ${said}`) })]);
      }
      const kept = Object.keys(JSON.parse((await rowOf(tenantId, id))["logs"] as string));
      expect(kept.length).toBeLessThanOrEqual(LOG_LIMITS.attempts);
      expect(kept.at(-1)).toBe(String(attempt));
    }
    await setRow(tenantId, id, { attempt: 11 });
    await finishJobs(env.DB, [finish(id, line("11: last"), 11)]);
    const logs = (await rowOf(tenantId, id))["logs"] as string;
    expect(logs).toBe(
      `{"9":${line("9: first and second")},"10":${line("10: first and second")},"11":${line("11: last")}}`,
    );
  });
});
