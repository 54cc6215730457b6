import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { JobState } from "../../src/domain/job.ts";
import { type JobFilter, listJobs } from "../../src/storage/read-jobs.ts";
import { fillFinished, fillTenant } from "../support/fixture-jobs.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { createTenant } from "../support/tenants.ts";

const LIMIT = 100;
/** A page is told not to be the last by one job more, and each job is looked up by its index and its row. */
const ROWS_OF_PAGE = 2 * (LIMIT + 1) + 5;
/** What a filtered page may read, whatever it finds. */
const MOST_ROWS = 5_000 + ROWS_OF_PAGE;

let tenantId: string;

// The oldest have failed, then come those that wait, and the newest have succeeded.
beforeAll(async () => {
  tenantId = (await createTenant()).id;
  const hour = 3_600_000;
  await fillFinished(tenantId, { state: "failed", jobs: 6_000, at: Date.now() - 3 * hour });
  await fillTenant(tenantId, { waiting: 22_000, scheduled: 2_000 });
  await fillFinished(tenantId, { state: "succeeded", jobs: 20_000, at: Date.now() - hour / 2 });
  const other = await createTenant();
  await fillFinished(other.id, { state: "failed", jobs: 1_000, at: Date.now() });
}, 60_000);

async function listed(filter: JobFilter, before: string | null = null) {
  const { db, total } = meterD1(env.DB);
  const page = await listJobs(db, tenantId, filter, before, LIMIT);
  return { ...page, ...total() };
}

describe("a list of 50,000 jobs", () => {
  it("reads its own rows when nothing narrows it", async () => {
    const newest = await listed({});
    expect(newest.jobs).toHaveLength(LIMIT);
    expect(newest.read).toBeLessThanOrEqual(ROWS_OF_PAGE);
    expect((await listed({}, newest.nextAfter)).read).toBeLessThanOrEqual(ROWS_OF_PAGE);
  });

  const unfinished: JobState[] = ["scheduled", "queued", "running", "retrying"];
  const filters: readonly (readonly [string, JobFilter])[] = [
    ["a state that is rare", { states: ["running"] }],
    ["a state that is common", { states: ["succeeded"] }],
    ["what is unfinished", { states: unfinished }],
    ["dead letters and another state", { states: ["failed", "cancelled"] }],
    ["a queue", { queue: "queue-1" }],
    ["a queue and a state", { queue: "queue-1", states: ["queued"] }],
    ["a type", { types: ["noop"] }],
    ["a type that there is none of", { types: ["nothing"] }],
    ["everything at once", { types: ["noop"], queue: "queue-2", states: ["cancelled"] }],
  ];

  it.each(filters)("narrowed to %s reads no more than its bound", async (_, filter) => {
    const first = await listed(filter);
    expect(first.read).toBeLessThanOrEqual(MOST_ROWS);
    expect(first.written).toBe(0);
    if (first.nextAfter !== null) {
      expect((await listed(filter, first.nextAfter)).read).toBeLessThanOrEqual(MOST_ROWS);
    }
  });

  it("narrowed to dead letters finds them behind all others, and reads little more than it shows", async () => {
    const newest = await listed({ states: ["failed"] });
    expect(newest.jobs.map(({ state }) => state)).toEqual(Array.from({ length: LIMIT }, () => "failed"));
    expect(newest.read).toBeLessThanOrEqual(2 * ROWS_OF_PAGE);
    const older = await listed({ states: ["failed"] }, newest.nextAfter);
    expect(older.jobs[0]?.id).toBe(`${newest.nextAfter?.slice(0, -4)}${before(newest.nextAfter)}`);
  });

  it("narrowed to dead letters of a type or a queue reads no more than its bound", async () => {
    const ofQueue = await listed({ states: ["failed"], queue: "queue-1" });
    expect(new Set(ofQueue.jobs.map(({ queue }) => queue))).toEqual(new Set(["queue-1"]));
    expect(ofQueue.jobs).toHaveLength(LIMIT);
    const none = await listed({ states: ["failed"], types: ["nothing"] });
    expect(none.jobs).toEqual([]);
    expect(none.nextAfter).not.toBeNull();
    expect(Math.max(ofQueue.read, none.read)).toBeLessThanOrEqual(MOST_ROWS);
  });
});

/** The last four digits of the id before this one. */
function before(id: string | null): string {
  return (Number.parseInt((id ?? "").slice(-4), 16) - 1).toString(16).padStart(4, "0");
}
