import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { countMatches, findMatches, type JobMatch, placeBefore } from "../../src/storage/match-jobs.ts";
import { type FinishedOptions, finishedJobs } from "../support/finished-jobs.ts";
import { fillTenant } from "../support/fixture-jobs.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { setRow } from "../support/rows.ts";
import { createTenant } from "../support/tenants.ts";

const HOUR = 3_600_000;
const NOW = Date.now();

function matching(overrides: Partial<JobMatch> = {}): JobMatch {
  return {
    states: ["failed"],
    type: null,
    queue: null,
    error: null,
    before: NOW,
    storedBy: NOW,
    finishedBy: null,
    cancelledSince: null,
    ...overrides,
  };
}

describe("matching jobs among 100,000 that wait and 100,000 that are scheduled", () => {
  let tenantId: string;
  let failed: string[];

  beforeAll(async () => {
    tenantId = (await createTenant()).id;
    await fillTenant(tenantId, { waiting: 100_000, scheduled: 100_000 });
    failed = await finishedJobs(tenantId, 1_000, { createdAt: NOW - HOUR / 2 });
  }, 60_000);

  it("reads about as many rows as it finds where jobs match one after the other", async () => {
    const meter = meterD1(env.DB);
    const found = await findMatches(meter.db, tenantId, matching(), placeBefore(NOW - HOUR / 2), {
      jobs: 100,
      rows: 5_000,
    });
    expect(found.jobs.map(({ id }) => id)).toEqual(failed.slice(0, 100));
    expect(found.place).toBe(failed[99]);
    expect(meter.total().written).toBe(0);
    expect(meter.total().read).toBeLessThanOrEqual(110);
  });

  it("looks at no more rows than it is told where nothing matches, and goes on from there", async () => {
    const meter = meterD1(env.DB);
    const first = await findMatches(meter.db, tenantId, matching(), "", { jobs: 100, rows: 5_000 });
    expect(first.jobs).toEqual([]);
    expect(meter.total().read).toBeLessThanOrEqual(10_010);
    const found: string[] = [];
    for (let place = first.place; place !== null; ) {
      const page = await findMatches(env.DB, tenantId, matching(), place, { jobs: 300, rows: 20_000 });
      found.push(...page.jobs.map(({ id }) => id));
      place = page.place;
    }
    expect(found).toEqual(failed);
  });

  it("counts by as many rows as it looks at", async () => {
    const meter = meterD1(env.DB);
    const { matching: none, place } = await countMatches(meter.db, tenantId, matching(), "", 10_000);
    expect(none).toBe(0);
    expect(place).not.toBeNull();
    expect(meter.total().read).toBeLessThanOrEqual(10_010);
    const rest = await countMatches(env.DB, tenantId, matching(), placeBefore(NOW - HOUR / 2), 10_000);
    expect(rest).toEqual({ matching: 1_000, place: null });
    const exact = await countMatches(env.DB, tenantId, matching(), placeBefore(NOW - HOUR / 2), 1_000);
    expect(exact).toEqual({ matching: 1_000, place: failed.at(-1) });
  });
});

describe("a match", () => {
  let tenantId: string;

  const ids = async (overrides: Partial<JobMatch>, place = "") =>
    (await findMatches(env.DB, tenantId, matching(overrides), place, { jobs: 100, rows: 1_000 })).jobs.map(
      ({ id }) => id,
    );
  const one = async (hoursAgo: number, options: FinishedOptions = {}) =>
    (await finishedJobs(tenantId, 1, { createdAt: NOW - hoursAgo * HOUR, ...options }))[0]!;

  it("is by state, type and queue", async () => {
    tenantId = (await createTenant()).id;
    const failed = await one(5, { type: "a", queue: "x" });
    const cancelled = await one(4, { state: "cancelled", type: "b" });
    await one(3, { state: "succeeded", type: "a", queue: "x" });
    expect(await ids({})).toEqual([failed]);
    expect(await ids({ states: ["cancelled"] })).toEqual([cancelled]);
    expect(await ids({ states: ["failed", "cancelled"] })).toEqual([failed, cancelled]);
    expect(await ids({ type: "a" })).toEqual([failed]);
    expect(await ids({ type: "b" })).toEqual([]);
    expect(await ids({ queue: "x" })).toEqual([failed]);
    expect(await ids({ queue: "y" })).toEqual([]);
  });

  it("is by a part of the last error's name or message, as it is written", async () => {
    tenantId = (await createTenant()).id;
    const timeout = await one(5, { error: { name: "TimeoutError", message: 'no answer from "db" in 50 % of 5 s' } });
    const refused = await one(4, { error: { name: "TypeError", message: "connection refused" } });
    await one(3, { state: "cancelled" });
    expect(await ids({ error: "Timeout" })).toEqual([timeout]);
    expect(await ids({ error: '"db" in 50 %' })).toEqual([timeout]);
    expect(await ids({ error: "Error: connection" })).toEqual([refused]);
    expect(await ids({ error: "Error" })).toEqual([timeout, refused]);
    expect(await ids({ error: "timeout" })).toEqual([]);
    expect(await ids({ error: "the first failure" })).toEqual([]);
    expect(await ids({ error: "no luck", states: ["cancelled"] })).toEqual([]);
  });

  it("is by the time in the id, from one up to but not including another", async () => {
    tenantId = (await createTenant()).id;
    const [first, second, third] = [await one(6), await one(5), await one(4)];
    expect(await ids({}, placeBefore(NOW - 5 * HOUR))).toEqual([second, third]);
    expect(await ids({ before: NOW - 5 * HOUR })).toEqual([first]);
    expect(await ids({ before: NOW - 5 * HOUR + 1 }, placeBefore(NOW - 5 * HOUR))).toEqual([second]);
  });

  it("leaves out what was stored, or has finished, later than it says", async () => {
    tenantId = (await createTenant()).id;
    const [early, late, stored] = [await one(6), await one(5), await one(4)];
    await setRow(tenantId, late, { finished_at: NOW + 1 });
    await setRow(tenantId, stored, { created_at: NOW + 1 });
    expect(await ids({})).toEqual([early, late]);
    expect(await ids({ finishedBy: NOW })).toEqual([early]);
  });

  it("takes what was cancelled since a time beside its states", async () => {
    tenantId = (await createTenant()).id;
    const [before, since] = [await one(6, { state: "cancelled" }), await one(5, { state: "cancelled" })];
    await setRow(tenantId, before, { cancel_at: NOW - 1 });
    await setRow(tenantId, since, { cancel_at: NOW });
    expect(await ids({ states: ["queued"], cancelledSince: NOW })).toEqual([since]);
    expect(await ids({ states: ["queued"] })).toEqual([]);
  });

  it("is of its own tenant", async () => {
    const other = (await createTenant()).id;
    tenantId = other;
    await one(5);
    tenantId = (await createTenant()).id;
    expect(await ids({})).toEqual([]);
  });
});
