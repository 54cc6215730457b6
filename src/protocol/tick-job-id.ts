import { derivedJobId } from "../domain/id.ts";
import { sha256 } from "./sha256.ts";

/**
 * The id of the job of one tick: always the same, so that there is one job per tick, whoever inserts it and however
 * often.
 * @param tick milliseconds since the epoch
 */
export async function tickJobId(tenantId: string, schedule: string, tick: number): Promise<string> {
  return derivedJobId(tick, await sha256(JSON.stringify([tenantId, schedule, tick])));
}
