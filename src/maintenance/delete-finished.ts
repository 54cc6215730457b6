import { readConfig } from "../config.ts";
import type { SluiceEnv } from "../env.ts";
import { deleteFinished, findTenantsWithJobsBefore } from "../storage/delete-finished.ts";
import { guardD1 } from "../storage/guarded-d1.ts";
import { doChore } from "./chore.ts";

const EVERY_MS = 3_600_000;
const STEPS = 20;
const JOBS_PER_STEP = 1_000;

/** Retention, run by the cron trigger: deletes jobs that have finished longer ago than the deployment keeps them. */
export async function deleteOldJobs(env: SluiceEnv, now: number): Promise<void> {
  const { readDeadlineMs, retentionMs } = readConfig(env);
  const db = guardD1(env.DB, readDeadlineMs);
  const before = now - retentionMs;
  // A place is "tenant/job", where a tenant's jobs go on, or "tenant/" when they are through.
  const step = async (after: string): Promise<string | null> => {
    const [last = "", job = ""] = after.split("/");
    const [tenantId = null] = job === "" ? await findTenantsWithJobsBefore(db, before, last, 1) : [last];
    if (tenantId === null) return null;
    return `${tenantId}/${(await deleteFinished(db, tenantId, before, job, JOBS_PER_STEP)) ?? ""}`;
  };
  await doChore(db, { name: "delete finished jobs", everyMs: EVERY_MS, steps: STEPS, step }, now);
}
