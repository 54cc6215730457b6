import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { firstJobIdAt } from "../../src/domain/id.ts";
import { type GroupFilter, listGroups } from "../../src/storage/list-groups.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { createTenant } from "../support/tenants.ts";

const LIMIT = 100;
const HOUR = 3_600_000;
const OPEN = 20;
const MEMBERS = 50;
/** A group is found, and then read, by its key; a filter costs a row for each of its values. */
const ROWS_OF_GROUP = 7;
/** What a filtered page may read, whatever it finds. */
const MOST_ROWS = 500 * ROWS_OF_GROUP + LIMIT * ROWS_OF_GROUP;

const now = Date.now();
let tenantId: string;

// The oldest twenty are not complete, and half of those stopped; all newer ones are complete.
beforeAll(async () => {
  tenantId = (await createTenant()).id;
  await fillGroups(tenantId, { count: OPEN, at: now - 2 * HOUR, complete: false });
  await fillGroups(tenantId, { count: 2_000, at: now - HOUR, complete: true });
  const other = await createTenant();
  await fillGroups(other.id, { count: 200, at: now, complete: true });
  await fillGroups(other.id, { count: 20, at: now + HOUR, complete: false });
}, 60_000);

/** Gives a tenant groups, each the newer by its number; those that are not complete have open members, a tenth failed. */
async function fillGroups(
  tenant: string,
  { count, at, complete }: { readonly count: number; readonly at: number; readonly complete: boolean },
): Promise<void> {
  const head = firstJobIdAt(at).slice(0, -12);
  const numbers = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)";
  await env.DB.prepare(
    `${numbers} INSERT INTO job_groups (tenant_id, id, on_failure, total, created_at, types, members, stopped_at,
         completed_at, failed, cancelled)
       SELECT ?1, ?3 || printf('%012x', i), 'continue', ?4, ?5, iif(i % 2, '["noop"]', '["noop","fatal"]'), '[]',
         ${complete ? "NULL, ?5, 0, 0" : "iif(i % 2, ?5, NULL), NULL, NULL, NULL"} FROM n`,
  )
    .bind(tenant, count, head, MEMBERS, at)
    .run();
  if (complete) return;
  await env.DB.prepare(
    `${numbers} INSERT INTO jobs (tenant_id, id, state, type, queue, priority, due_at, finished_at, max_attempts,
         timeout_ms, backoff, payload_bytes, created_at, payload, group_id)
       SELECT ?1, ?3 || printf('%012x', i), iif(i % 10, 'scheduled', 'failed'), 'noop', 'default', 5,
         iif(i % 10, ?5 + 86400000, NULL), iif(i % 10, NULL, ?5), 5, 30000, '{"baseMs":1,"factor":1,"capMs":1}', 2, ?5,
         '{}', ?3 || printf('%012x', i / CAST(?4 AS INTEGER)) FROM n`,
  )
    .bind(tenant, count * MEMBERS, head, MEMBERS, at)
    .run();
}

async function listed(filter: Partial<GroupFilter>, before: string | null = null) {
  const { db, total } = meterD1(env.DB);
  const page = await listGroups(db, tenantId, { types: null, ...filter }, before, LIMIT);
  return { ...page, ...total() };
}

describe("a list of 2,000 groups", () => {
  it("reads its own rows when nothing narrows it", async () => {
    const newest = await listed({});
    expect(newest.groups).toHaveLength(LIMIT);
    expect(newest.groups.map(({ id }) => id)).toEqual(
      newest.groups
        .map(({ id }) => id)
        .toSorted()
        .toReversed(),
    );
    expect(newest.read).toBeLessThanOrEqual(ROWS_OF_GROUP * (LIMIT + 1));
    expect(newest.written).toBe(0);
    const older = await listed({}, newest.nextAfter);
    expect(older.read).toBeLessThanOrEqual(ROWS_OF_GROUP * (LIMIT + 1));
    expect((older.groups[0]?.id ?? "") < (newest.groups.at(-1)?.id ?? "")).toBe(true);
  });

  it("narrowed to those that are not complete finds them behind all others, by their open jobs", async () => {
    const { groups, nextAfter, read } = await listed({ states: ["open", "stopped"] });
    expect(groups).toHaveLength(OPEN);
    expect(groups[0]).toMatchObject({ total: MEMBERS, open: 45, failed: 5, cancelled: 0, completedAt: null });
    expect(nextAfter).toBeNull();
    expect(read).toBeLessThanOrEqual(OPEN * (MEMBERS + 2 * ROWS_OF_GROUP));
    const half = await listed({ states: ["open", "stopped"] }, groups[9]?.id);
    expect(half.groups.map(({ id }) => id)).toEqual(groups.slice(10).map(({ id }) => id));
    expect(half.read).toBeLessThanOrEqual(read / 2 + ROWS_OF_GROUP);
  });

  it("narrowed to one such state has only those", async () => {
    const stopped = await listed({ states: ["stopped"] });
    expect(stopped.groups).toHaveLength(OPEN / 2);
    expect(stopped.groups.every(({ stoppedAt }) => stoppedAt !== null)).toBe(true);
    const open = await listed({ states: ["open"] });
    expect(open.groups).toHaveLength(OPEN / 2);
    expect(open.groups.every(({ stoppedAt }) => stoppedAt === null)).toBe(true);
  });

  const filters: readonly (readonly [string, Partial<GroupFilter>, number])[] = [
    ["complete ones", { states: ["complete"] }, LIMIT],
    ["complete and stopped ones", { states: ["complete", "stopped"] }, LIMIT],
    ["those of some types", { types: ["noop"] }, LIMIT],
    ["types that there are none of", { types: ["nothing"] }, 0],
    ["complete ones of no type", { types: ["nothing"], states: ["complete"] }, 0],
  ];

  it.each(filters)("narrowed to %s reads no more than its bound", async (_, filter, found) => {
    const first = await listed(filter);
    expect(first.groups).toHaveLength(found);
    expect(first.nextAfter).not.toBeNull();
    expect(first.read).toBeLessThanOrEqual(MOST_ROWS);
    expect((await listed(filter, first.nextAfter)).read).toBeLessThanOrEqual(MOST_ROWS);
  });

  it("comes to its end, page by page, whatever is left out on the way", async () => {
    let found = 0;
    let before: string | null = null;
    do {
      const page = await listed({ types: ["noop"] }, before);
      found += page.groups.length;
      before = page.nextAfter;
    } while (before !== null);
    expect(found).toBe(1_000 + OPEN / 2);
  });
});
