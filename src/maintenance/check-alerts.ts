import { readConfig } from "../config.ts";
import { withDeadline } from "../deadline.ts";
import { judge } from "../domain/alert.ts";
import type { SluiceEnv } from "../env.ts";
import { gateStub } from "../gate-stub.ts";
import { log } from "../log.ts";
import { alertEvent } from "../protocol/alert-event.ts";
import { type AlertChange, changeAlerts, findAlerts, type WatchedAlert } from "../storage/alert-changes.ts";
import { guardD1 } from "../storage/guarded-d1.ts";
import { doChore } from "./chore.ts";
import { measureAlerts } from "./measure-alerts.ts";

const ALERTS_PER_STEP = 50;
/** One tick looks at 500 alerts, of all tenants; those after them are the next tick's. */
const STEPS = 10;
const REPLY_MS = 5_000;

/**
 * Looks whether alerts fire, or have recovered, and has their receivers told; run by the cron trigger. Where there are
 * no alerts that reads a row or two.
 */
export async function checkAlerts(env: SluiceEnv, now: number): Promise<void> {
  const db = guardD1(env.DB, readConfig(env).readDeadlineMs);
  const step = async (after: string): Promise<string | null> => {
    const [tenantId = "", name = ""] = after.split("/");
    const alerts = await findAlerts(db, { tenantId, name }, ALERTS_PER_STEP);
    const tenants = [...Map.groupBy(alerts, (alert) => alert.tenantId).values()];
    await Promise.all(tenants.map((ofTenant) => checkTenant(env, db, ofTenant, now)));
    const last = alerts.at(-1);
    return last === undefined || alerts.length < ALERTS_PER_STEP ? null : `${last.tenantId}/${last.name}`;
  };
  await doChore(db, { name: "check alerts", everyMs: 0, steps: STEPS, step }, now);
}

async function checkTenant(
  env: SluiceEnv,
  db: D1Database,
  alerts: readonly WatchedAlert[],
  now: number,
): Promise<void> {
  const tenantId = alerts[0]?.tenantId ?? "";
  try {
    const changes = await changesOf(env, db, alerts, now);
    if (changes.length === 0) return;
    const changed = await changeAlerts(db, changes, now);
    const told = changes.filter(({ alert }) => changed.has(alert.name));
    for (const { alert, state, value } of told) {
      const message = state === "firing" ? "an alert fires" : "an alert has recovered";
      log.warn(message, { tenantId, alert: alert.name, measure: alert.measure, queue: alert.queue, value });
    }
    if (told[0] !== undefined) await sendAtOnce(env, told[0].alert);
  } catch (error) {
    // The next tick looks again, and the alerts of other tenants do not wait for that.
    log.error("alerts could not be looked at", { tenantId, error });
  }
}

async function changesOf(
  env: SluiceEnv,
  db: D1Database,
  alerts: readonly WatchedAlert[],
  now: number,
): Promise<AlertChange[]> {
  const measured = await measureAlerts(env, db, alerts, now);
  return alerts.flatMap((alert) => {
    const seen = measured.get(alert);
    if (seen === undefined) return [];
    const state = judge(alert, seen);
    if (state === alert.state) return [];
    return [{ alert, state, value: seen.value, event: alertEvent(alert, state, seen, now) }];
  });
}

// The delivery is due: a gate that cannot be told finds it by its alarm, or the next tick has it look.
async function sendAtOnce({ GATES }: SluiceEnv, { tenantId, ...region }: WatchedAlert): Promise<void> {
  try {
    const late = () => new Error(`no reply within ${REPLY_MS} ms`);
    await withDeadline(gateStub(GATES, tenantId, region).poke(), REPLY_MS, late);
  } catch (error) {
    log.warn("a gate was not told of an alert", { tenantId, error });
  }
}
