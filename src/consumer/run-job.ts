import { durationMs } from "../domain/duration.ts";
import type { Handler } from "../domain/handler.ts";
import { describeError, FatalError, type Outcome, RetryError } from "../domain/outcome.ts";
import type { Registry } from "../domain/registry.ts";
import type { ClaimedJob } from "../storage/claim-jobs.ts";
import { readBlob } from "../storage/payload-blobs.ts";

const FIRST_HAND_BACK_MS = 10_000;
const LONGEST_HAND_BACK_MS = 3_600_000;
const SOON_MS = 1_000;

/**
 * One attempt: parse the payload, run the handler under its timeout, and say how it ended. Never throws: whatever
 * happens in a handler is an outcome.
 */
export async function runJob(job: ClaimedJob, registry: Registry, blobs: R2Bucket): Promise<Outcome> {
  const handler = registry.get(job.type);
  // A deployment that rolls out may claim a job that only the next version knows.
  if (handler === undefined) return { kind: "handed_back", afterMs: handBackMs(job) };
  if (Date.now() + job.timeoutMs > job.leaseUntil) return { kind: "handed_back", afterMs: SOON_MS };
  try {
    const parsed = await handler.input.safeParseAsync(await readPayload(job, blobs));
    if (!parsed.success) {
      return { kind: "failed", error: { kind: "error", name: "InvalidPayload", message: parsed.error.message } };
    }
    return await attempt(job, handler, parsed.data);
  } catch (thrown) {
    return { kind: "retry", error: describeError(thrown) };
  }
}

// Doubled with each hand-back, which is what the other counters leave of the attempts.
function handBackMs({ attempt: attempts, failures, crashes }: ClaimedJob): number {
  const handedBack = Math.max(0, attempts - 1 - failures - crashes);
  return Math.min(FIRST_HAND_BACK_MS * 2 ** handedBack, LONGEST_HAND_BACK_MS);
}

async function readPayload(job: ClaimedJob, blobs: R2Bucket): Promise<unknown> {
  const json = job.payload ?? (await readBlob(blobs, job.payloadBlob ?? ""));
  return JSON.parse(json);
}

async function attempt(job: ClaimedJob, handler: Handler, payload: unknown): Promise<Outcome> {
  const abort = new AbortController();
  const { promise: timedOut, resolve } = Promise.withResolvers<"timed out">();
  const timer = setTimeout(() => {
    abort.abort(new DOMException(`the attempt took longer than ${job.timeoutMs} ms`, "TimeoutError"));
    resolve("timed out");
  }, job.timeoutMs);
  const context = { tenantId: job.tenantId, jobId: job.id, attempt: job.attempt, signal: abort.signal };
  // A handler that ignores its signal is not waited for: what it still does changes nothing.
  const ended = run(handler, payload, context);
  const outcome = await Promise.race([ended, timedOut]);
  clearTimeout(timer);
  if (outcome === "timed out" || (abort.signal.aborted && outcome.kind !== "succeeded")) {
    return { kind: "retry", error: describeError(abort.signal.reason, "timeout") };
  }
  return outcome;
}

async function run(handler: Handler, payload: unknown, context: Parameters<Handler["run"]>[1]): Promise<Outcome> {
  try {
    return { kind: "succeeded", result: await handler.run(payload as never, context) };
  } catch (thrown) {
    const error = describeError(thrown);
    if (thrown instanceof FatalError) return { kind: "failed", error };
    if (!(thrown instanceof RetryError) || thrown.after === undefined) return { kind: "retry", error };
    return { kind: "retry", error, afterMs: durationMs(thrown.after) };
  }
}
