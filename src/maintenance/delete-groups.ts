import { readConfig } from "../config.ts";
import type { SluiceEnv } from "../env.ts";
import { deleteCompleteGroups } from "../storage/delete-groups.ts";
import { guardD1 } from "../storage/guarded-d1.ts";
import { doChore } from "./chore.ts";

const EVERY_MS = 3_600_000;
const STEPS = 10;
const GROUPS_PER_STEP = 1_000;

/** Retention, run by the cron trigger: deletes groups that were complete longer ago than the deployment keeps jobs. */
export async function deleteOldGroups(env: SluiceEnv, now: number): Promise<void> {
  const { readDeadlineMs, retentionMs } = readConfig(env);
  const db = guardD1(env.DB, readDeadlineMs);
  const step = async (after: string): Promise<string | null> => {
    const [tenantId = "", id = ""] = after.split("/");
    const place = await deleteCompleteGroups(db, now - retentionMs, { tenantId, id }, GROUPS_PER_STEP);
    return place === null ? null : `${place.tenantId}/${place.id}`;
  };
  await doChore(db, { name: "delete complete groups", everyMs: EVERY_MS, steps: STEPS, step }, now);
}
