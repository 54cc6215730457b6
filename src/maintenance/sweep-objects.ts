import { readConfig } from "../config.ts";
import { BLOB_USABLE_MS } from "../domain/blob.ts";
import type { SluiceEnv } from "../env.ts";
import { guardD1 } from "../storage/guarded-d1.ts";
import { findOrphans, forgetBlobs } from "../storage/orphans.ts";
import { doChore } from "./chore.ts";

const EVERY_MS = 86_400_000;
const STEPS = 10;
const OBJECTS_PER_STEP = 1_000;
/**
 * What is younger may yet be named by a job that is being stored: no job names a blob later than this, but a replay,
 * which is stored only while the job that it repeats, and which names the blob too, is there.
 */
const LEAST_AGE_MS = BLOB_USABLE_MS + 3_600_000;

/**
 * Goes through R2, run by the cron trigger, and deletes what belongs to no job: blobs that were never used, those of
 * deleted jobs, payloads and results that a fault has left behind.
 */
export async function sweepObjects(env: SluiceEnv, now: number): Promise<void> {
  const db = guardD1(env.DB, readConfig(env).readDeadlineMs);
  const step = async (after: string): Promise<string | null> => {
    const page = await env.BLOBS.list({ limit: OBJECTS_PER_STEP, ...(after !== "" && { startAfter: after }) });
    const old = page.objects.filter(({ uploaded }) => uploaded.getTime() < now - LEAST_AGE_MS);
    const orphans = await findOrphans(
      db,
      old.map(({ key }) => key),
    );
    if (orphans.length > 0) {
      await env.BLOBS.delete(orphans);
      await forgetBlobs(db, orphans);
    }
    return page.truncated ? (page.objects.at(-1)?.key ?? null) : null;
  };
  await doChore(db, { name: "sweep objects", everyMs: EVERY_MS, steps: STEPS, step }, now);
}
