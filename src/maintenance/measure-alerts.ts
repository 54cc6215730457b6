import { withDeadline } from "../deadline.ts";
import type { Measured } from "../domain/alert.ts";
import type { SluiceEnv } from "../env.ts";
import { gateStub } from "../gate-stub.ts";
import { log } from "../log.ts";
import type { RecentCounts } from "../protocol/gate.ts";
import { askGateUntil, type WatchedAlert } from "../storage/alert-changes.ts";
import { isActive } from "../storage/gate-state.ts";
import { readOldestDue } from "../storage/oldest-due.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const REPLY_MS = 5_000;
/**
 * A gate is asked for its counts for two hours since its tenant was seen to be active, and that is written anew when less
 * than an hour is left: longer than any window.
 */
const ASKED_MS = 2 * HOUR;
const RENEWED_MS = HOUR;
/** A job is seen before it is due, though ticks may be missing. */
const AHEAD_MS = 15 * MINUTE;

type Seen = ReadonlyMap<WatchedAlert, Measured>;

/**
 * What there is to see for a tenant's alerts; one of which nothing is known at present is left out. Ages are read from
 * the database alone, so that they are known though the tenant's gate is stuck; shares are the gate's to tell.
 * @param alerts of one tenant
 * @param now milliseconds since the epoch
 */
export async function measureAlerts(
  env: SluiceEnv,
  db: D1Database,
  alerts: readonly WatchedAlert[],
  now: number,
): Promise<Seen> {
  const ofAges = alerts.filter(({ windowMs }) => windowMs === null);
  const ofShares = alerts.filter(({ windowMs }) => windowMs !== null);
  const [ages, shares] = await Promise.all([readAges(db, ofAges, now), readShares(env, db, ofShares, now)]);
  return new Map([...ages, ...shares]);
}

async function readAges(db: D1Database, alerts: readonly WatchedAlert[], now: number): Promise<Seen> {
  const [first] = alerts;
  if (first === undefined) return new Map();
  const oldest = await readOldestDue(db, first.tenantId, new Set(alerts.map(({ queue }) => queue)), now);
  return new Map(
    alerts.map((alert) => {
      const ageMs = Math.max(0, now - (oldest.get(alert.queue) ?? now));
      return [alert, { value: ageMs / 1_000, events: null }];
    }),
  );
}

async function readShares(env: SluiceEnv, db: D1Database, alerts: readonly WatchedAlert[], now: number): Promise<Seen> {
  const [first] = alerts;
  if (first === undefined) return new Map();
  const { tenantId, ...region } = first;
  try {
    if (!(await isWorthAsking(db, alerts, now))) return new Map();
    const minute = Math.floor(now / MINUTE) * MINUTE;
    const queries = alerts.map(({ queue, windowMs }) => ({ queue, since: minute - (windowMs ?? 0) }));
    const late = () => new Error(`no reply within ${REPLY_MS} ms`);
    const counts = await withDeadline(gateStub(env.GATES, tenantId, region).counts(queries), REPLY_MS, late);
    return new Map(
      alerts.flatMap((alert, index) => {
        const counted = counts[index];
        return counted === undefined ? [] : [[alert, shareOf(alert, counted)] as const];
      }),
    );
  } catch (error) {
    log.warn("a gate's counts could not be had for alerts", { tenantId, error });
    return new Map();
  }
}

/**
 * Whether the gate may have counted anything. One that sleeps is left alone when its tenant has had nothing to do for hours:
 * what was too little then is not more by now. Only an alert that fires has to be asked for all the same.
 */
async function isWorthAsking(db: D1Database, alerts: readonly WatchedAlert[], now: number): Promise<boolean> {
  const tenantId = alerts[0]?.tenantId ?? "";
  const until = Math.max(...alerts.map(({ askUntil }) => askUntil ?? 0));
  if (until < now + RENEWED_MS && (await isActive(db, tenantId, { due: now + AHEAD_MS, created: now - HOUR }))) {
    await askGateUntil(db, tenantId, now + ASKED_MS);
    return true;
  }
  return until >= now || alerts.some(({ state }) => state === "firing");
}

function shareOf({ measure }: WatchedAlert, { admitted, refused, succeeded, failed }: RecentCounts): Measured {
  const [part, events] = measure === "failure_ratio" ? [failed, succeeded + failed] : [refused, admitted + refused];
  return { value: events === 0 ? null : Number((part / events).toPrecision(4)), events };
}
