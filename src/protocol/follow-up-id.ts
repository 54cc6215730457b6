import { derivedJobId, firstJobIdAt } from "../domain/id.ts";
import { sha256 } from "./sha256.ts";

/** What an id begins with: its time, and the hyphens. */
const TIME_CHARACTERS = "01234567-89ab-".length;

/**
 * What follows the time in the id of a job that follows on the end of something. It is the same for the same parts: who
 * makes the job, and however often that is tried, makes the same one.
 */
export async function followUpKey(parts: readonly unknown[]): Promise<string> {
  return derivedJobId(0, await sha256(JSON.stringify(parts))).slice(TIME_CHARACTERS);
}

/** The id of a job with this key that follows on an end at this time (milliseconds since the epoch). */
export function followUpId(key: string, endedAt: number): string {
  return firstJobIdAt(endedAt).slice(0, TIME_CHARACTERS) + key;
}
