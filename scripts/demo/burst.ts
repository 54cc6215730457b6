import { v7 } from "uuid";
import type { Api, HttpJobView, HttpRequestJob } from "./api.ts";
import type { Checks } from "./checks.ts";
import { finishedJobs } from "./finished-jobs.ts";
import type { Part } from "./part.ts";
import { Progress } from "./progress.ts";
import type { Receiver } from "./receiver.ts";
import { duration, spread, type TableRow } from "./table.ts";

/** The tenant that sends more than it may. */
export const BURST_TENANT = { id: "burst", rate: 100, burst: 50 } as const;

const JOBS = 300;
const SHOWN = 4;
const LONGEST_BACKOFF_MS = 2_000;
const FIRST_BACKOFF_MS = 50;
const MOST_TRIES = 100;

/** Far more at once than the tenant's rate allows: what is turned away comes back when it is told to. */
export async function burst(api: Api, receiver: Receiver, checks: Checks): Promise<Part> {
  const began = performance.now();
  const turnedAway = new Map<string, number>();
  // Ids of the client's own: a retry can never make a second job.
  const ids = Array.from({ length: JOBS }, () => v7());
  const job = (id: string): HttpRequestJob => ({ id, type: "http.request", payload: { url: receiver.url("/burst") } });
  const progress = new Progress("admitted", JOBS);
  await Promise.all(
    ids.map(async (id) => {
      await admitted(api, job(id), checks, turnedAway);
      progress.step();
    }),
  );
  progress.end();
  const admittedMs = performance.now() - began;
  await finishedJobs(api, ids, "burst   ");
  const jobs = await api.all();
  const succeeded = jobs.filter((job) => job.state === "succeeded" && job.result?.status === 204);
  checks.equal("burst: jobs that exist", jobs.map(({ id }) => id).toSorted(), ids.toSorted());
  checks.equal("burst: jobs that succeeded", succeeded.length, JOBS);
  checks.equal("burst: deliveries of each job", [...new Set(ids.map((id) => receiver.of(id).length))], [1]);
  const limited = turnedAway.get("rate_limited") ?? 0;
  checks.holds("burst: requests turned away as rate_limited", limited > 0, "some", limited);
  return { rows: shown(jobs), summary: summary(turnedAway, succeeded.length, admittedMs) };
}

// Sends a job until it is admitted, as a well-behaved client does.
async function admitted(api: Api, job: HttpRequestJob, checks: Checks, turnedAway: Map<string, number>): Promise<void> {
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const response = await api.post("", job);
    if (response.status !== 503) {
      checks.equal(`burst: status of enqueueing ${job.id}`, response.status, 202);
      await response.body?.cancel();
      return;
    }
    const { code, retryAfterMs } = (await response.json()) as { code: string; retryAfterMs: number };
    checkProblem(response, code, retryAfterMs, checks);
    turnedAway.set(code, (turnedAway.get(code) ?? 0) + 1);
    // Full jitter on top: all of those who wait for the same token were told the same time.
    const backoffMs = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt) * Math.random();
    await new Promise((resolve) => setTimeout(resolve, retryAfterMs + backoffMs));
  }
  checks.holds(`burst: job ${job.id}`, false, `admitted within ${MOST_TRIES} tries`, "still turned away");
}

function checkProblem({ headers }: Response, code: string, retryAfterMs: number, checks: Checks): void {
  const codes = ["rate_limited", "backlog_full", "overloaded", "storage_unavailable"];
  checks.equal("503: content type", headers.get("Content-Type"), "application/problem+json");
  checks.holds("503: code", codes.includes(code), `one of ${codes.join(", ")}`, code);
  const seconds = headers.get("Retry-After");
  checks.equal("503: Retry-After, rounded up from retryAfterMs", seconds, String(Math.ceil(retryAfterMs / 1_000)));
  checks.holds("503: Retry-After", /^[1-9]\d*$/.test(seconds ?? ""), "whole seconds, at least 1", seconds);
}

function shown(jobs: readonly HttpJobView[]): TableRow[] {
  return spread(jobs.toReversed(), SHOWN).map((job) => ({ job, result: `${job.result?.status ?? "–"}, tenant burst` }));
}

function summary(turnedAway: ReadonlyMap<string, number>, succeeded: number, ms: number): string {
  const codes = [...turnedAway].map(([code, count]) => `${count} × 503 ${code}`).join(", ");
  return `${JOBS} jobs: ${codes} → ${succeeded}/${JOBS} after backoff, admitted in ${duration(ms)}`;
}
