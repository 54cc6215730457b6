import { readConfig } from "../config.ts";
import type { SluiceEnv } from "../env.ts";
import { log } from "../log.ts";
import { guardD1 } from "../storage/guarded-d1.ts";
import { resealSecrets, type SealedColumn } from "../storage/reseal.ts";
import { doChore } from "./chore.ts";

const EVERY_MS = 3_600_000;
const STEPS = 10;
const ROWS_PER_STEP = 100;

/** All that is stored sealed. */
const COLUMNS: readonly SealedColumn[] = [
  { table: "signing_secrets", column: "secret" },
  { table: "signing_secrets", column: "signing_key" },
  { table: "endpoints", column: "secrets" },
];

/**
 * Run by the cron trigger: seals with the first of the deployment's secret keys what is stored in clear text, or sealed
 * with another of them, so that this one can be taken out of service.
 */
export async function sealSecrets(env: SluiceEnv, now: number): Promise<void> {
  const { readDeadlineMs, secretKeys } = readConfig(env);
  if (secretKeys === null) return;
  const db = guardD1(env.DB, readDeadlineMs);
  for (const sealed of COLUMNS) {
    const step = async (after: string): Promise<string | null> => {
      const { place, failed } = await resealSecrets(db, secretKeys, sealed, after, ROWS_PER_STEP);
      for (const { place, error } of failed) log.error("a secret cannot be opened", { ...place, error });
      return place;
    };
    await doChore(db, { name: `seal ${sealed.table}.${sealed.column}`, everyMs: EVERY_MS, steps: STEPS, step }, now);
  }
}
