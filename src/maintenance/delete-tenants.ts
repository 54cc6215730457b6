import { readConfig } from "../config.ts";
import type { SluiceEnv } from "../env.ts";
import { gateStub } from "../gate-stub.ts";
import { deleteTenant, deleteTenantRows, findDeletedTenants } from "../storage/delete-tenant.ts";
import type { GatePlace } from "../storage/gate-state.ts";
import { guardD1 } from "../storage/guarded-d1.ts";
import { doChore } from "./chore.ts";

const STEPS = 30;
const ROWS_PER_STEP = 1_000;
/** As many as R2 lists, and deletes, at once. */
const OBJECTS_PER_STEP = 1_000;
/** No isolate trusts any more what it knew of the tenant. */
const FORGOTTEN_MS = 120_000;
/** What ran when the tenant was deleted, and still does by then, is given up. */
const GIVEN_UP_MS = 3_600_000;

/**
 * Run by the cron trigger: deletes all that deleted tenants have left, first what there may be much of, last the tenant
 * itself. A step that was cut off is made again.
 */
export async function deleteTenants(env: SluiceEnv, now: number): Promise<void> {
  const db = guardD1(env.DB, readConfig(env).readDeadlineMs);
  const times = { idle: now - FORGOTTEN_MS, all: now - GIVEN_UP_MS };
  const next = async (after: string) => (await findDeletedTenants(db, times, after, 1)).at(0);
  // Mostly there is none, and then nothing is written either.
  if ((await next("")) === undefined) return;
  const step = async (after: string): Promise<string | null> => {
    const place = await next(after);
    if (place === undefined) return null;
    return (await deleteSome(env, db, place)) ? after : place.tenantId;
  };
  await doChore(db, { name: "delete tenants", everyMs: 0, steps: STEPS, step }, now);
}

/** Whether there is more of it to delete. */
async function deleteSome({ BLOBS, GATES }: SluiceEnv, db: D1Database, place: GatePlace): Promise<boolean> {
  const { tenantId, region } = place;
  if (await deleteTenantRows(db, tenantId, ROWS_PER_STEP)) return true;
  const { objects } = await BLOBS.list({ prefix: `${tenantId}/`, limit: OBJECTS_PER_STEP });
  if (objects.length > 0) {
    await BLOBS.delete(objects.map(({ key }) => key));
    return true;
  }
  await gateStub(GATES, tenantId, region).forget();
  await deleteTenant(db, tenantId);
  return false;
}
