import { WorkerEntrypoint } from "cloudflare:workers";
import type { BlobInput, JobBlobs } from "./domain/blob.ts";
import { childrenBy } from "./domain/child-job.ts";
import type { JobContext } from "./domain/handler.ts";
import { jobLog } from "./domain/log-line.ts";
import { toProgress } from "./domain/progress.ts";
import { type RunReply, type ServiceJob, type StopReason, succeeded, thrownReply } from "./protocol/service-job.ts";
import { isServiceMethod } from "./protocol/service-method.ts";

export type { BlobContent, BlobInput, BlobRef } from "./domain/blob.ts";
export type { JobContext } from "./domain/handler.ts";
export { FatalError, RetryError } from "./domain/outcome.ts";
export type { ServiceJob } from "./protocol/service-job.ts";

/** Runs jobs of one type for another Worker. */
export type Run<Env> = (payload: never, context: JobContext, env: Env) => unknown;

/** An entry point whose methods are called by a `serviceHandler` of another Worker. */
export type RunnerClass<Name extends string> = new (
  ctx: ExecutionContext,
  env: never,
) => WorkerEntrypoint & Readonly<Record<Name, (payload: never, job: ServiceJob) => Promise<RunReply>>>;

/**
 * An entry point that runs jobs for a Worker with Sluice: `export const Pictures = createRunner({ run: … })`. Each method
 * is a `run` as that of a handler, with the same context, and this Worker's `env`. Payloads are checked by the Worker
 * that calls.
 * @throws RangeError when RPC keeps a method's name for something else
 */
export function createRunner<Env, Name extends string>(runs: Readonly<Record<Name, Run<Env>>>): RunnerClass<Name> {
  class Runner extends WorkerEntrypoint<Env> {
    static {
      for (const [name, run] of Object.entries<Run<Env>>(runs)) {
        if (!isServiceMethod(name)) throw new RangeError(`"${name}" cannot be called by RPC: give it another name`);
        const value = function (this: Runner, payload: never, job: ServiceJob) {
          return replyOf(() => run(payload, contextOf(job), this.env));
        };
        // Only what stands on the prototype can be called.
        Object.defineProperty(Runner.prototype, name, { value });
      }
    }
  }
  return Runner as unknown as RunnerClass<Name>;
}

async function replyOf(run: () => unknown): Promise<RunReply> {
  try {
    return succeeded(await run());
  } catch (thrown) {
    return thrownReply(thrown);
  }
}

function contextOf(job: ServiceJob): JobContext {
  const { tenantId, jobId, attempt, traceparent, previous, blobs, sign, progress, log, stopped } = job;
  return {
    tenantId,
    jobId,
    attempt,
    traceparent,
    previous,
    signal: signalOf(stopped),
    blobs: {
      get: (ref) => blobs.get(ref),
      put: async (content, options) => blobs.put(await sendable(content), options),
    },
    sign: (body) => sign(body),
    progress: (fraction, message) => {
      const progressed = toProgress(fraction, message);
      // Nobody waits for it, and a job does not fail by it.
      void tell(() => progress(progressed.fraction, progressed.message ?? undefined));
    },
    log: jobLog((level, message, fields) => void tell(() => log(level, message, fields))),
    step: (name, work) => stepOf(job, name, work),
    ...childrenBy((jobs, options) => job.enqueueMany(jobs, options)),
  };
}

// What a step's work throws is thrown again as it was: on its way through the other Worker it would lose its class.
async function stepOf<Result>(job: ServiceJob, name: string, work: () => Promise<Result> | Result): Promise<Result> {
  let failed: { readonly thrown: unknown } | undefined;
  try {
    return await job.step(name, async () => {
      try {
        return await work();
      } catch (thrown) {
        failed = { thrown };
        throw thrown;
      }
    });
  } catch (refused) {
    throw failed === undefined ? refused : failed.thrown;
  }
}

async function tell(send: () => unknown): Promise<void> {
  await Promise.resolve(send()).catch(() => undefined);
}

// RPC passes no Blob.
async function sendable(content: BlobInput): Promise<Parameters<JobBlobs["put"]>[0]> {
  return content instanceof Blob ? content.arrayBuffer() : content;
}

function signalOf(stopped: ServiceJob["stopped"]): AbortSignal {
  const abort = new AbortController();
  const end = (reason: StopReason | null) => {
    if (reason !== null) abort.abort(new DOMException(reason.message, reason.name));
  };
  const gone = () => end({ name: "AbortError", message: "the Worker that has asked for it is gone" });
  stopped().then(end, gone);
  return abort.signal;
}
