import { runAttempt } from "../consumer/run-attempt.ts";
import type { JobBlobs } from "../domain/blob.ts";
import type { Handler, JobContext } from "../domain/handler.ts";
import type { Outcome } from "../domain/outcome.ts";
import { type Progress, toProgress } from "../domain/progress.ts";
import { newJobId } from "../protocol/new-job-id.ts";
import { newSigningSecret, signWebhook } from "../protocol/webhook-signature.ts";
import { MemoryBlobs } from "./memory-blobs.ts";

export interface RunOptions {
  /** What the payload's blobs are read from, and the result's kept in. Default: a memory of its own. */
  readonly blobs?: JobBlobs;
  /** Default 1. */
  readonly attempt?: number;
  readonly jobId?: string;
  readonly tenantId?: string;
  readonly traceparent?: string;
  /** `whsec_…` */
  readonly signingSecret?: string;
  /** Is told of each call of `context.progress`. */
  readonly progress?: (progress: Progress) => void;
}

/**
 * Runs a handler once, as a consumer would: the payload is checked, the timeout holds, and whatever happens is an
 * outcome. Needs no Worker: neither D1 nor a queue is touched.
 */
export async function runHandler<Payload>(
  handler: Handler<string, Payload>,
  payload: Payload,
  options: RunOptions = {},
): Promise<Outcome> {
  const { tenantId = "test", jobId = newJobId(), attempt = 1, blobs = new MemoryBlobs() } = options;
  const { signingSecret = newSigningSecret(), progress = () => undefined } = options;
  const context: Omit<JobContext, "signal"> = {
    tenantId,
    jobId,
    attempt,
    traceparent: options.traceparent ?? null,
    blobs,
    sign: (body) => signWebhook([signingSecret], jobId, Date.now(), body),
    progress: (fraction, message) => progress(toProgress(fraction, message)),
  };
  // As a stored payload, which has been JSON.
  return runAttempt(handler, JSON.parse(JSON.stringify(payload ?? null)), context, handler.timeoutMs);
}
