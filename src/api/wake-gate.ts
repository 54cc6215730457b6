import type { SluiceEnv } from "../env.ts";
import { log } from "../log.ts";
import { callGate } from "./gate-client.ts";

/** Telling the gate is a courtesy: what it is not told it finds by its alarm, or is told by the cron trigger. */
const REPLY_MS = 5_000;

/**
 * Has a tenant's gate look no later than then (milliseconds since the epoch). Never throws.
 * @param what it is to look at, and which one: for the log
 */
export async function wakeGate(
  env: Pick<SluiceEnv, "DB" | "GATES">,
  tenantId: string,
  at: number,
  what: string,
  which: Readonly<Record<string, string>>,
): Promise<void> {
  try {
    await callGate(env, tenantId, (gate) => gate.wakeBy(at), REPLY_MS);
  } catch (error) {
    log.warn(`a gate was not told of ${what}`, { tenantId, ...which, error });
  }
}
