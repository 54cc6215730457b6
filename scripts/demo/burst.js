import { demoClient } from "./client.ts";
import { finishedJobs } from "./finished-jobs.ts";
import { NotedFetch } from "./noted-fetch.ts";
import { Progress } from "./progress.ts";
import { duration, spread } from "./table.ts";
const JOBS = 300;
const SHOWN = 2;
/** Of the answers that a job is in, one in so many does not reach the client. */
const LOST = 25;
/** Patient: with so many waiting for the same tokens, a call is turned away more often than the default allows for. */
const RETRY = { attempts: 100, capMs: 1000 };
const CODES = ["rate_limited", "backlog_full", "overloaded", "storage_unavailable"];
/** Node's timers may be early by so much. */
const TIMER_MS = 2;
/**
 * Far more at once than the tenant's rate allows, over a connection that loses answers: the client tries again, not
 * before it may, until all jobs are in. Each must be there once.
 */
export async function burst({ callers, receiver, checks }) {
    let admitted = 0;
    const noted = new NotedFetch(({ status }) => status === 202 && ++admitted % LOST === 0);
    const client = demoClient(callers.burst, { fetch: noted.fetch, retry: RETRY });
    const progress = new Progress("admitted", JOBS);
    const began = performance.now();
    const enqueued = await Promise.all(Array.from({ length: JOBS }, async () => {
        const job = await client.jobs.enqueue("http.request", { url: receiver.url("/burst") });
        progress.step();
        return job;
    }));
    progress.end();
    const admittedMs = performance.now() - began;
    const turnedAway = checkTries(noted.exchanges, enqueued, checks);
    const reader = demoClient(callers.burst);
    await finishedJobs(reader, enqueued, "burst");
    const jobs = (await Array.fromAsync(reader.jobs.list()));
    const succeeded = jobs.filter((job) => job.state === "succeeded" && job.result?.status === 204).length;
    checks.equal("burst: jobs that exist", sortedIds(jobs), sortedIds(enqueued));
    checks.equal("burst: jobs that succeeded", succeeded, JOBS);
    const answers = jobs.map(({ id }) => receiver.answers(id).join(", "));
    checks.equal("burst: answers of the receiver to each job", [...new Set(answers)], ["204"]);
    return { rows: shown(jobs), summary: summary(turnedAway, noted.exchanges, succeeded, admittedMs) };
}
/** Checks every answer, and that the client waited as it was told; returns how many 503 there were of each code. */
function checkTries(exchanges, jobs, checks) {
    const turnedAway = new Map();
    const tries = Map.groupBy(exchanges, ({ sent }) => JSON.parse(sent).id);
    for (const { id } of jobs) {
        const ofJob = tries.get(id) ?? [];
        checks.equal(`burst: status of the last try of ${id}`, ofJob.at(-1)?.status, 202);
        for (const [index, exchange] of ofJob.slice(0, -1).entries()) {
            if (exchange.lost)
                continue;
            const { code, retryAfterMs } = checkProblem(exchange, checks);
            turnedAway.set(code, (turnedAway.get(code) ?? 0) + 1);
            const pauseMs = (ofJob[index + 1]?.sentAt ?? 0) - exchange.answeredAt;
            checks.holds("503: the client's pause", pauseMs >= retryAfterMs - TIMER_MS, `${retryAfterMs} ms or more`, pauseMs);
        }
    }
    checks.holds("burst: rate_limited", turnedAway.has("rate_limited"), "some", [...turnedAway.keys()]);
    return turnedAway;
}
function checkProblem({ status, headers, answer }, checks) {
    const problem = JSON.parse(answer);
    const seconds = headers.get("Retry-After");
    checks.equal("burst: status of a try that is not the last", status, 503);
    checks.equal("503: content type", headers.get("Content-Type"), "application/problem+json");
    checks.holds("503: code", CODES.includes(problem.code), `one of ${CODES.join(", ")}`, problem.code);
    const rounded = String(Math.ceil(problem.retryAfterMs / 1000));
    checks.equal("503: Retry-After, rounded up from retryAfterMs", seconds, rounded);
    checks.holds("503: Retry-After", /^[1-9]\d*$/.test(seconds ?? ""), "whole seconds, at least 1", seconds);
    return problem;
}
function sortedIds(jobs) {
    return jobs.map(({ id }) => id).toSorted();
}
function shown(jobs) {
    return spread(jobs.toReversed(), SHOWN).map((job) => ({ job, result: `${job.result?.status ?? "–"}, tenant burst` }));
}
function summary(turnedAway, exchanges, succeeded, ms) {
    const codes = [...turnedAway].map(([code, count]) => `${count} × 503 ${code}`);
    const lost = `${exchanges.filter(({ lost }) => lost).length} answers lost`;
    return `${JOBS} jobs: ${[...codes, lost].join(", ")} → ${succeeded}/${JOBS} once, after backoff; admitted in ${duration(ms)}`;
}
