import type { JobView } from "../../src/client/client.ts";
import type { Checks } from "./checks.ts";
import { demoClient, type HttpJobView } from "./client.ts";
import { finishedJobs } from "./finished-jobs.ts";
import { type Exchange, NotedFetch } from "./noted-fetch.ts";
import { Progress } from "./progress.ts";
import type { Part, Stage } from "./stage.ts";
import { duration, spread, type TableRow } from "./table.ts";

const JOBS = 300;
const SHOWN = 2;
/** Of the answers that a job is in, one in so many does not reach the client. */
const LOST = 25;
/** Patient: with so many waiting for the same tokens, a call is turned away more often than the default allows for. */
const RETRY = { attempts: 100, capMs: 1_000 };
const CODES = ["rate_limited", "backlog_full", "overloaded", "storage_unavailable"];
/** Node's timers may be early by so much. */
const TIMER_MS = 2;

/** The part of a problem (RFC 9457) that is looked at here. */
interface Problem {
  readonly code: string;
  readonly retryAfterMs: number;
}

/**
 * Far more at once than the tenant's rate allows, over a connection that loses answers: the client tries again, not
 * before it may, until all jobs are in. Each must be there once.
 */
export async function burst({ callers, receiver, checks }: Stage): Promise<Part> {
  let admitted = 0;
  const noted = new NotedFetch(({ status }) => status === 202 && ++admitted % LOST === 0);
  const client = demoClient(callers.burst, { fetch: noted.fetch, retry: RETRY });
  const progress = new Progress("admitted", JOBS);
  const began = performance.now();
  const enqueued = await Promise.all(
    Array.from({ length: JOBS }, async () => {
      const job = await client.jobs.enqueue("http.request", { url: receiver.url("/burst") });
      progress.step();
      return job;
    }),
  );
  progress.end();
  const admittedMs = performance.now() - began;
  const turnedAway = checkTries(noted.exchanges, enqueued, checks);

  const reader = demoClient(callers.burst);
  await finishedJobs(reader, enqueued, "burst");
  const jobs = (await Array.fromAsync(reader.jobs.list())) as HttpJobView[];
  const succeeded = jobs.filter((job) => job.state === "succeeded" && job.result?.status === 204).length;
  checks.equal("burst: jobs that exist", sortedIds(jobs), sortedIds(enqueued));
  checks.equal("burst: jobs that succeeded", succeeded, JOBS);
  const answers = jobs.map(({ id }) => receiver.answers(id).join(", "));
  checks.equal("burst: answers of the receiver to each job", [...new Set(answers)], ["204"]);
  return { rows: shown(jobs), summary: summary(turnedAway, noted.exchanges, succeeded, admittedMs) };
}

/** Checks every answer, and that the client waited as it was told; returns how many 503 there were of each code. */
function checkTries(exchanges: readonly Exchange[], jobs: readonly JobView[], checks: Checks): Map<string, number> {
  const turnedAway = new Map<string, number>();
  const tries = Map.groupBy(exchanges, ({ sent }) => (JSON.parse(sent) as { id: string }).id);
  for (const { id } of jobs) {
    const ofJob = tries.get(id) ?? [];
    checks.equal(`burst: status of the last try of ${id}`, ofJob.at(-1)?.status, 202);
    for (const [index, exchange] of ofJob.slice(0, -1).entries()) {
      if (exchange.lost) continue;
      const { code, retryAfterMs } = checkProblem(exchange, checks);
      turnedAway.set(code, (turnedAway.get(code) ?? 0) + 1);
      const pauseMs = (ofJob[index + 1]?.sentAt ?? 0) - exchange.answeredAt;
      checks.holds(
        "503: the client's pause",
        pauseMs >= retryAfterMs - TIMER_MS,
        `${retryAfterMs} ms or more`,
        pauseMs,
      );
    }
  }
  checks.holds("burst: rate_limited", turnedAway.has("rate_limited"), "some", [...turnedAway.keys()]);
  return turnedAway;
}

function checkProblem({ status, headers, answer }: Exchange, checks: Checks): Problem {
  const problem = JSON.parse(answer) as Problem;
  const seconds = headers.get("Retry-After");
  checks.equal("burst: status of a try that is not the last", status, 503);
  checks.equal("503: content type", headers.get("Content-Type"), "application/problem+json");
  checks.holds("503: code", CODES.includes(problem.code), `one of ${CODES.join(", ")}`, problem.code);
  const rounded = String(Math.ceil(problem.retryAfterMs / 1_000));
  checks.equal("503: Retry-After, rounded up from retryAfterMs", seconds, rounded);
  checks.holds("503: Retry-After", /^[1-9]\d*$/.test(seconds ?? ""), "whole seconds, at least 1", seconds);
  return problem;
}

function sortedIds(jobs: readonly JobView[]): string[] {
  return jobs.map(({ id }) => id).toSorted();
}

function shown(jobs: readonly HttpJobView[]): TableRow[] {
  return spread(jobs.toReversed(), SHOWN).map((job) => ({ job, result: `${job.result?.status ?? "–"}, tenant burst` }));
}

function summary(
  turnedAway: ReadonlyMap<string, number>,
  exchanges: readonly Exchange[],
  succeeded: number,
  ms: number,
): string {
  const codes = [...turnedAway].map(([code, count]) => `${count} × 503 ${code}`);
  const lost = `${exchanges.filter(({ lost }) => lost).length} answers lost`;
  return `${JOBS} jobs: ${[...codes, lost].join(", ")} → ${succeeded}/${JOBS} once, after backoff; admitted in ${duration(ms)}`;
}
