import { readView } from "../api/read-view.ts";
import { readConfig } from "../config.ts";
import { isTerminal } from "../domain/job.ts";
import { ANYWHERE } from "../domain/region.ts";
import type { SluiceEnv } from "../env.ts";
import { gateStub } from "../gate-stub.ts";
import type { JobView } from "../protocol/job-view.ts";
import { bringForward } from "../storage/bring-forward.ts";
import { guardD1 } from "../storage/guarded-d1.ts";
import { type ListedJob, listJobs, readJobs } from "../storage/read-jobs.ts";

export interface DrainOptions {
  /** Milliseconds after which it gives up. Default 10,000. */
  readonly timeoutMs?: number;
}

const PAGE = 100;
/** A gate says when a job has finished, but not when it is to be tried again: that is looked for this often. */
const LOOK_MS = 50;

/**
 * Runs a tenant's jobs to their ends, and returns them, oldest first. For tests: whoever waits for a later time, as
 * between two attempts, need not wait for it, since that time is brought forward and the gate's alarm fired.
 * @throws Error that names what has not finished in time
 */
export async function drain(env: SluiceEnv, tenantId: string, options: DrainOptions = {}): Promise<JobView[]> {
  const db = guardD1(env.DB, readConfig(env).readDeadlineMs);
  const gate = gateStub(env.GATES, tenantId, ANYWHERE);
  const deadline = Date.now() + (options.timeoutMs ?? 10_000);
  for (;;) {
    const rows = await allJobs(db, tenantId);
    const unfinished = rows.filter(({ state }) => !isTerminal(state));
    const [first] = unfinished;
    if (first === undefined) return views(env, db, tenantId, rows);
    if (Date.now() > deadline) throw new Error(`Not finished: ${describe(unfinished)}`);
    await bringForward(db, tenantId, Date.now());
    await gate.poke();
    await gate.wait(first.id, LOOK_MS);
  }
}

async function views(
  env: SluiceEnv,
  db: D1Database,
  tenantId: string,
  listed: readonly ListedJob[],
): Promise<JobView[]> {
  const whole = new Set(["payload", "result", "logs", "steps", "stepResults"] as const);
  const shown = new Map<string, JobView>();
  for (let from = 0; from < listed.length; from += PAGE) {
    const ids = listed.slice(from, from + PAGE).map(({ id }) => id);
    for (const row of await readJobs(db, tenantId, ids)) shown.set(row.id, await readView(row, whole, env.BLOBS));
  }
  return listed.flatMap(({ id }) => shown.get(id) ?? []);
}

async function allJobs(db: D1Database, tenantId: string): Promise<ListedJob[]> {
  const rows: ListedJob[] = [];
  let before: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof listJobs>> = await listJobs(db, tenantId, {}, before, PAGE);
    rows.push(...page.jobs);
    before = page.nextAfter;
  } while (before !== null);
  return rows.toReversed();
}

function describe(jobs: readonly ListedJob[]): string {
  const shown = jobs.slice(0, 10).map(({ id, type, state }) => `${type} ${id} is ${state}`);
  return shown.join(", ") + (jobs.length > shown.length ? `, and ${jobs.length - shown.length} more` : "");
}
