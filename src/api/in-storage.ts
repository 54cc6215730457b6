import { readConfig } from "../config.ts";
import type { SluiceEnv } from "../env.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { guardD1 } from "../storage/guarded-d1.ts";

/**
 * Uses the primary database, each call within the deadline of reads.
 * @throws SluiceError `storage_unavailable`, whatever goes wrong
 */
export async function inStorage<T>(env: Pick<SluiceEnv, "DB">, use: (db: D1Database) => Promise<T>): Promise<T> {
  try {
    return await use(guardD1(env.DB, readConfig(env).readDeadlineMs));
  } catch (cause) {
    throw new SluiceError("storage_unavailable", "The database did not confirm", { retryAfterMs: 1_000, cause });
  }
}
