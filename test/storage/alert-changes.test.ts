import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { firstJobIdAt } from "../../src/domain/id.ts";
import { alertEvent } from "../../src/protocol/alert-event.ts";
import { type AlertChange, askGateUntil, changeAlerts, findAlerts } from "../../src/storage/alert-changes.ts";
import { deleteAlert, listAlerts, putAlert, readAlert } from "../../src/storage/alerts.ts";
import { isActive } from "../../src/storage/gate-state.ts";
import { readOldestDue } from "../../src/storage/oldest-due.ts";
import { toldOf } from "../support/alerts.ts";
import { HOOK } from "../support/delivery.ts";
import { fillTenant } from "../support/fixture-jobs.ts";
import { meterD1 } from "../support/metered-d1.ts";
import { createTenant } from "../support/tenants.ts";

const HOUR = 3_600_000;
const NOW = Date.now();

/** A tenant with this many alerts, the first of them of a share. */
async function tenantWith(alerts: number): Promise<string> {
  const { id } = await createTenant();
  for (let index = 0; index < alerts; index++) {
    const isAge = index > 0;
    const what = { measure: isAge ? "oldest_due_age" : "failure_ratio", threshold: isAge ? 300 : 0.5 } as const;
    const window = isAge ? { windowMs: null, minEvents: null } : { windowMs: 300_000, minEvents: 10 };
    await putAlert(env.DB, id, { name: `alert-${index}`, queue: null, url: HOOK, ...what, ...window }, NOW - HOUR);
  }
  return id;
}

/** What has all of a tenant's alerts fire. */
async function firingOf(tenantId: string, db = env.DB): Promise<AlertChange[]> {
  const alerts = await findAlerts(db, { tenantId, name: "" }, 20);
  return alerts
    .filter((alert) => alert.tenantId === tenantId)
    .map((alert) => {
      const event = alertEvent(alert, "firing", { value: 360, events: null }, NOW);
      return { alert, state: "firing", value: 360, event };
    });
}

describe("an alert that was changed since it was read", () => {
  it.each([
    ["by its tenant", "UPDATE alerts SET updated_at = updated_at + 1 WHERE tenant_id = ?1"],
    ["by another tick", "UPDATE alerts SET state = 'firing', since = since + 1 WHERE tenant_id = ?1"],
    ["by two of them", "UPDATE alerts SET since = since + 2 WHERE tenant_id = ?1"],
    ["and is gone", "DELETE FROM alerts WHERE tenant_id = ?1"],
    ["its tenant is suspended", "UPDATE tenants SET suspended_at = 1 WHERE id = ?1"],
    ["its tenant is being deleted", "UPDATE tenants SET deleted_at = 1 WHERE id = ?1"],
  ])("%s stays as it is, and nothing is told", async (_, sql) => {
    const tenantId = await tenantWith(1);
    const changes = await firingOf(tenantId);
    expect(changes).toHaveLength(1);
    await env.DB.prepare(sql).bind(tenantId).run();
    if (sql.includes("tenants")) expect(await firingOf(tenantId)).toEqual([]);
    const before = await listAlerts(env.DB, tenantId);
    expect(await changeAlerts(env.DB, changes, NOW)).toEqual(new Set());
    expect([await listAlerts(env.DB, tenantId), await toldOf(tenantId)]).toEqual([before, []]);
  });

  it("does not keep the others from being changed", async () => {
    const tenantId = await tenantWith(3);
    const changes = await firingOf(tenantId);
    await deleteAlert(env.DB, tenantId, "alert-1");
    expect(await changeAlerts(env.DB, changes, NOW)).toEqual(new Set(["alert-0", "alert-2"]));
    const told = (await toldOf(tenantId)).map(({ id }) => id);
    const alerts = await listAlerts(env.DB, tenantId);
    expect(new Set(alerts.map(({ jobId }) => jobId))).toEqual(new Set(told));
    expect(told).toHaveLength(2);
  });
});

describe("rows read and written for alerts, among 20,000 waiting, 20,000 scheduled and 1,500 overdue jobs", () => {
  let tenantId: string;

  beforeAll(async () => {
    tenantId = await tenantWith(20);
    await fillTenant(tenantId, { waiting: 20_000, scheduled: 20_000, queues: 4 });
    // Released, and waiting to be claimed; overdue, and not moved on.
    const due = (from: number, set: string) =>
      env.DB.prepare(
        `UPDATE jobs SET ${set} WHERE tenant_id = ?1 AND id IN (SELECT id FROM jobs WHERE tenant_id = ?1
           AND state = 'scheduled' ORDER BY id LIMIT 1500 OFFSET ?2)`,
      ).bind(tenantId, from);
    await due(0, `due_at = ${NOW - 2 * HOUR} + due_at % 1000`).run();
    await due(5_000, "state = 'queued', released = 1").run();
  }, 60_000);

  it("are some 2,000 read for the oldest of all queues, and 40 more for each queue, whatever waits", async () => {
    const all = meterD1(env.DB);
    const oldest = await readOldestDue(all.db, tenantId, new Set([null]), NOW);
    expect(NOW - (oldest.get(null) ?? 0)).toBeGreaterThan(HOUR);
    expect(all.total().read).toBeLessThanOrEqual(5_000);
    const some = meterD1(env.DB);
    const queues = new Set([null, "queue-1", "queue-2", "unknown"]);
    const found = await readOldestDue(some.db, tenantId, queues, NOW);
    expect([...found.keys()]).toEqual([null, "queue-1", "queue-2"]);
    expect(some.total().read - all.total().read).toBeLessThanOrEqual(120);
    expect(some.total().written).toBe(0);
  });

  it("are a handful read where nothing waits", async () => {
    const { id } = await createTenant();
    const { db, total } = meterD1(env.DB);
    expect(await readOldestDue(db, id, new Set([null, "mail"]), NOW)).toEqual(new Map());
    expect(total().read).toBeLessThanOrEqual(8);
  });

  it("is the same age as by reading everything", async () => {
    const { results } = await env.DB.prepare(
      `SELECT queue, min(iif(ready_at IS NULL AND released = 0, due_at, coalesce(ready_at, created_at))) AS since
       FROM jobs WHERE tenant_id = ?1 AND state IN ('queued', 'scheduled')
         AND (released = 1 OR due_at IS NULL OR due_at <= ?2) GROUP BY queue`,
    )
      .bind(tenantId, NOW)
      .all<{ queue: string; since: number }>();
    const found = await readOldestDue(env.DB, tenantId, new Set(results.map(({ queue }) => queue)), NOW);
    expect(found).toEqual(new Map(results.map(({ queue, since }) => [queue, since])));
  });

  it("are four read to know whether a tenant is active", async () => {
    const quiet = (await createTenant()).id;
    for (const [id, expected] of [
      [tenantId, true],
      [quiet, false],
    ] as const) {
      const { db, total } = meterD1(env.DB);
      expect(await isActive(db, id, { due: NOW, created: NOW - HOUR })).toBe(expected);
      expect(total().read).toBeLessThanOrEqual(8);
    }
  });

  it("are two or three read for each alert that is looked at", async () => {
    const { db, total } = meterD1(env.DB);
    expect(await firingOf(tenantId, db)).toHaveLength(20);
    expect(total().read).toBeLessThanOrEqual(60);
    expect(total().written).toBe(0);
  });

  it("are three written to tell of a change: one for the alert, two for the delivery", async () => {
    const [change] = await firingOf(tenantId);
    const { db, total } = meterD1(env.DB);
    expect(await changeAlerts(db, [change!], NOW)).toEqual(new Set(["alert-0"]));
    expect(total().written).toBe(3);
    expect(total().read).toBeLessThanOrEqual(15);
    expect((await toldOf(tenantId))[0]?.id.slice(0, 13)).toBe(firstJobIdAt(NOW).slice(0, 13));
    const again = meterD1(env.DB);
    expect(await changeAlerts(again.db, [change!], NOW)).toEqual(new Set());
    expect(again.total().written).toBe(0);
  });

  it("is one written to remember that a tenant was active, for each alert that asks the gate", async () => {
    const { db, total } = meterD1(env.DB);
    await askGateUntil(db, tenantId, NOW + HOUR);
    await askGateUntil(db, tenantId, NOW);
    expect(total().written).toBe(1);
    expect(await readAlert(env.DB, tenantId, "alert-0")).toMatchObject({ askUntil: NOW + HOUR });
    expect(await readAlert(env.DB, tenantId, "alert-1")).toMatchObject({ askUntil: null });
  });

  it("is one written for an alert that is made or changed, and none for the same again", async () => {
    const id = await tenantWith(19);
    const settings = { name: "one", measure: "oldest_due_age", queue: null, windowMs: null, minEvents: null } as const;
    const written: number[] = [];
    for (const threshold of [10, 20, 20]) {
      const { db, total } = meterD1(env.DB);
      await putAlert(db, id, { ...settings, threshold, url: HOOK }, NOW);
      written.push(total().written);
      expect(total().read).toBeLessThanOrEqual(25);
    }
    expect(written).toEqual([1, 1, 0]);
  });
});
