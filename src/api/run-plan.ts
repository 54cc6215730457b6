import { derivedJobId } from "../domain/id.ts";
import { MOST_JOBS_PER_PLAN, planAllowance } from "../domain/plan.ts";
import type { CheckedJob } from "../drafts/draft-jobs.ts";
import type { PlanFailure } from "../protocol/plan-view.ts";
import type { PlanFilter } from "../protocol/plans.ts";
import { sha256 } from "../protocol/sha256.ts";
import { type ErrorCode, SluiceError } from "../protocol/sluice-error.ts";
import { guardD1 } from "../storage/guarded-d1.ts";
import { findMatches, type MatchedJob } from "../storage/match-jobs.ts";
import { advancePlan, type PlanAdvance, type PlanRef, readPlan } from "../storage/plans.ts";
import { type Original, readOriginals } from "../storage/read-originals.ts";
import type { PlanRow } from "../storage/schema/plans.ts";
import type { Deployment } from "./deployment.ts";
import { admitJobs } from "./enqueue-jobs.ts";
import { callGate } from "./gate-client.ts";
import { matchOf } from "./plan-match.ts";
import { draftReplay } from "./replay-jobs.ts";

/** What one step takes on, at most. */
const JOBS_PER_STEP = 100;
const ROWS_PER_STEP = 5_000;
/** Payloads that a step reads from R2 and writes there again: each is held in memory meanwhile. */
const LARGE_PER_STEP = 4;

/** So many jobs are not admitted now, but fewer might be. */
const NO_ROOM: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "rate_limited",
  "backlog_full",
  "batch_exceeds_burst",
  "batch_exceeds_backlog",
]);
/** One of the jobs can never be stored. */
const NEVER: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["refused", "idempotency_key_reused"]);

/** What has become of some of a page's jobs: those up to `last`, or all of them when that is null. */
interface Handled extends Pick<PlanAdvance, "done" | "failed" | "skipped" | "lastFailure"> {
  readonly last: string | null;
}

/**
 * Carries a plan on by up to `steps` steps, within its rate, and returns how many it has made. A step that was cut off
 * anywhere is made again by whoever comes next, and two runners do no harm: what a step does to a job it does once, and
 * only one of them moves the plan's place on.
 * @param now milliseconds since the epoch
 */
export async function runPlan(
  deployment: Deployment,
  ref: PlanRef,
  { now, steps }: { readonly now: number; readonly steps: number },
): Promise<number> {
  const db = guardD1(deployment.env.DB, deployment.config.readDeadlineMs);
  let plan = await readPlan(db, ref);
  let left = Number.POSITIVE_INFINITY;
  for (let made = 0; made < steps; made++) {
    if (plan?.state !== "running") return made;
    left = Math.min(left, allowance(plan, now));
    if (left === 0) return made;
    const before: number = passed(plan);
    plan = await makeStep(deployment, db, plan, left);
    left -= plan === null ? 0 : passed(plan) - before;
  }
  return steps;
}

function allowance(plan: PlanRow, now: number): number {
  const { perSecond, confirmedAt } = plan;
  if (perSecond === null || confirmedAt === null) return 0;
  return planAllowance({ perSecond, confirmedAt, passed: passed(plan) }, now);
}

function passed({ done, failed, skipped }: PlanRow): number {
  return done + failed + skipped;
}

// The plan as it is after the step; null when it has to wait: there is no room for its jobs, or another runner has it.
async function makeStep(
  deployment: Deployment,
  db: D1Database,
  plan: PlanRow,
  allowed: number,
): Promise<PlanRow | null> {
  const match = matchOf(plan.action, JSON.parse(plan.filter) as PlanFilter, plan);
  const limits = { jobs: Math.min(JOBS_PER_STEP, allowed), rows: ROWS_PER_STEP };
  const page = await findMatches(db, plan.tenantId, match, plan.place, limits);
  const handle = plan.action === "replay" ? replayPage : cancelPage;
  const handled = await handle(deployment, db, plan, page.jobs);
  if (handled === null) return null;
  const { last, ...counts } = handled;
  const place = last ?? page.place;
  const truncated = place !== null && passed(plan) + counts.done + counts.failed + counts.skipped >= MOST_JOBS_PER_PLAN;
  return advancePlan(db, plan, { ...counts, place: truncated ? null : place, truncated }, Date.now());
}

async function cancelPage(
  { env }: Deployment,
  _: D1Database,
  { tenantId }: PlanRow,
  jobs: readonly MatchedJob[],
): Promise<Handled | null> {
  const ids = jobs.flatMap(({ id, state }) => (state === "cancelled" ? [] : [id]));
  const replies = ids.length === 0 ? [] : await callGate(env, tenantId, (gate) => gate.changeEach("cancel", ids));
  if (replies.some((reply) => reply === "storage_unavailable" || reply === "unknown_tenant")) return null;
  const skipped = replies.filter((reply) => reply === "not_changed").length;
  return { done: jobs.length - skipped, failed: 0, skipped, lastFailure: null, last: null };
}

async function replayPage(
  deployment: Deployment,
  db: D1Database,
  plan: PlanRow,
  jobs: readonly MatchedJob[],
): Promise<Handled | null> {
  const found = await readOriginals(
    db,
    plan.tenantId,
    jobs.map(({ id }) => id),
  );
  const originals = withoutMuch(found);
  const drafted = await Promise.all(originals.map((original) => draftOf(deployment, plan, original)));
  // All of them; if there is no room for so many, half of them, and so on.
  for (let size = drafted.length; size > 0 || drafted.length === 0; size = Math.floor(size / 2)) {
    const outcome = await admitSome(deployment, plan, drafted.slice(0, size));
    if (outcome === "wait") return null;
    if (outcome === "fewer") continue;
    const left = size < found.length;
    // What was found and is gone again has no turn any more.
    const gone = left ? 0 : jobs.length - found.length;
    return { ...outcome, skipped: gone, last: left ? (originals[size - 1]?.id ?? null) : null };
  }
  return null;
}

function withoutMuch(originals: readonly Original[]): readonly Original[] {
  let large = 0;
  const end = originals.findIndex(({ payloadBlob }) => payloadBlob !== null && ++large > LARGE_PER_STEP);
  return end === -1 ? originals : originals.slice(0, end);
}

async function draftOf(
  deployment: Deployment,
  { id: planId, confirmedAt }: PlanRow,
  original: Original,
): Promise<CheckedJob | PlanFailure> {
  // The same for the same plan and job: however often it is tried, it is one job.
  const id = derivedJobId(confirmedAt ?? 0, await sha256(`${planId}/${original.id}`));
  try {
    return await draftReplay(deployment, original, { id });
  } catch (error) {
    const isFinal = error instanceof SluiceError && error.code !== "storage_unavailable";
    if (!isFinal) throw error;
    return failure(original.id, error);
  }
}

function failure(jobId: string, { code, message }: SluiceError): PlanFailure {
  return { jobId, code, detail: message };
}

async function admitSome(
  deployment: Deployment,
  { tenantId }: PlanRow,
  drafted: readonly (CheckedJob | PlanFailure)[],
): Promise<Pick<Handled, "done" | "failed" | "lastFailure"> | "fewer" | "wait"> {
  const jobs = drafted.filter((one) => "draft" in one);
  const failures = drafted.filter((one) => "code" in one);
  const counts = { done: jobs.length, failed: failures.length, lastFailure: failures.at(-1) ?? null };
  if (jobs.length === 0) return counts;
  try {
    await admitJobs(
      deployment,
      tenantId,
      jobs,
      jobs.map(() => []),
    );
    return counts;
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    if (NO_ROOM.has(error.code)) return "fewer";
    if (!NEVER.has(error.code)) return "wait";
    // One bad job must not stop the others: it is found by trying fewer.
    if (drafted.length > 1) return "fewer";
    return { done: 0, failed: 1, lastFailure: failure(jobs[0]?.draft.replayOf ?? "", error) };
  }
}
