import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { chores } from "./schema/chores.ts";

/** How far a chore has come. */
export interface ChoreState {
  /** Where its round goes on; null when that is over. */
  readonly after: string | null;
  /** When the round was begun, in milliseconds since the epoch. */
  readonly begunAt: number;
}

/** Null when it was never begun. */
export async function readChore(db: D1Database, name: string): Promise<ChoreState | null> {
  const [row] = await drizzle(db).select().from(chores).where(eq(chores.name, name));
  return row ?? null;
}

export async function saveChore(db: D1Database, name: string, state: ChoreState): Promise<void> {
  await drizzle(db)
    .insert(chores)
    .values({ name, ...state })
    .onConflictDoUpdate({ target: chores.name, set: state });
}
