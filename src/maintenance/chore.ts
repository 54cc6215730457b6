import { readChore, saveChore } from "../storage/chores.ts";

/** Work that goes through everything once in a while, a little with each tick of the cron trigger. */
export interface Chore {
  readonly name: string;
  /** From the beginning of one round to that of the next, in milliseconds. */
  readonly everyMs: number;
  /** Steps per tick, at most. */
  readonly steps: number;
  /** One step: from after this place to the place it returns, or null when it has come to the end. Harmless when repeated. */
  readonly step: (after: string) => Promise<string | null>;
}

/**
 * Goes on with a chore where the last tick has left it, or begins its next round when that is due. A tick that dies is
 * made up for by the next one.
 */
export async function doChore(db: D1Database, { name, everyMs, steps, step }: Chore, now: number): Promise<void> {
  const state = await readChore(db, name);
  const resting = state !== null && state.after === null;
  if (resting && now < state.begunAt + everyMs) return;
  const begunAt = state === null || resting ? now : state.begunAt;
  let after: string | null = state?.after ?? "";
  for (let done = 0; done < steps && after !== null; done++) after = await step(after);
  // The next round begins with the next tick whatever is remembered of this one.
  if (everyMs === 0 && after === null && (state === null || resting)) return;
  await saveChore(db, name, { after, begunAt });
}
