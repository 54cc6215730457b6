import { AttemptLog } from "../consumer/attempt-log.ts";
import type { JobBlobs } from "../domain/blob.ts";
import { type Child, type Children, childrenBy, type GroupOptions } from "../domain/child-job.ts";
import type { JobContext } from "../domain/handler.ts";
import type { LogLine } from "../domain/log-line.ts";
import { type Progress, toProgress } from "../domain/progress.ts";
import { newJobId } from "../protocol/new-job-id.ts";
import { newSigningSecret, signWebhook } from "../protocol/webhook-signature.ts";
import { MemoryBlobs } from "./memory-blobs.ts";

export interface TestOptions {
  /** What payloads' blobs are read from, and results' kept in. Default: a memory of its own. */
  readonly blobs?: JobBlobs;
  /** Default 1. */
  readonly attempt?: number;
  readonly tenantId?: string;
  readonly traceparent?: string;
  /** `whsec_…` */
  readonly signingSecret?: string;
  /** Is told of each call of `context.progress`. */
  readonly progress?: (progress: Progress) => void;
  /** What came of the job before it. Default null. */
  readonly previous?: unknown;
  /** Is told of each job that it enqueues, and with which id. What it enqueues goes nowhere. */
  readonly enqueued?: (job: Child & { readonly id: string }, group: GroupOptions | null) => void;
  /** Is told of each line of `context.log` that is kept. */
  readonly log?: (line: LogLine) => void;
}

/** What a handler is told of an attempt that a test makes. */
export function testContext(options: TestOptions, jobId: string = newJobId()): Omit<JobContext, "signal" | "step"> {
  const { tenantId = "test", attempt = 1, blobs = new MemoryBlobs() } = options;
  const { signingSecret = newSigningSecret(), progress = () => undefined } = options;
  return {
    tenantId,
    jobId,
    attempt,
    traceparent: options.traceparent ?? null,
    blobs,
    sign: (body) => signWebhook([signingSecret], jobId, Date.now(), body),
    progress: (fraction, message) => progress(toProgress(fraction, message)),
    log: new AttemptLog(options.log).write,
    previous: storedPayload(options.previous),
    ...childrenTold(options.enqueued ?? (() => undefined)),
  };
}

function childrenTold(enqueued: NonNullable<TestOptions["enqueued"]>): Children {
  const enqueueMany: Children["enqueueMany"] = async (jobs, { group } = {}) => {
    const children = jobs.map((job) => ({ ...(storedPayload(job) as Child), id: newJobId() }));
    for (const child of children) enqueued(child, group ?? null);
    return { ids: children.map(({ id }) => id), groupId: group === undefined || jobs.length === 0 ? null : newJobId() };
  };
  return childrenBy(enqueueMany);
}

/** A payload as it is once it was stored, which makes it JSON. */
export function storedPayload(payload: unknown): unknown {
  return JSON.parse(JSON.stringify(payload ?? null));
}
