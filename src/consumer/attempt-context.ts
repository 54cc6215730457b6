import type { Config } from "../config.ts";
import { type BlobInput, type BlobRef, isBlobId } from "../domain/blob.ts";
import { childrenBy } from "../domain/child-job.ts";
import type { JobContext } from "../domain/handler.ts";
import { FatalError } from "../domain/outcome.ts";
import { toProgress } from "../domain/progress.ts";
import type { Registry } from "../domain/registry.ts";
import { readSteps } from "../domain/step.ts";
import { childTraceParent } from "../domain/trace-parent.ts";
import { utf8Bytes } from "../domain/utf8-bytes.ts";
import { signWebhook } from "../protocol/webhook-signature.ts";
import { findBlob, keepBlob } from "../storage/blobs.ts";
import type { ClaimedJob } from "../storage/claim-jobs.ts";
import { AttemptLog } from "./attempt-log.ts";
import { AttemptSteps } from "./attempt-steps.ts";
import { ChildCollector } from "./child-jobs.ts";
import type { LiveReports } from "./live-reports.ts";
import type { StepWriter } from "./step-writer.ts";

/** Blobs that one attempt may keep. */
const MOST_BLOBS = 100;

/** What an attempt may reach. */
export interface AttemptResources {
  readonly blobs: R2Bucket;
  readonly config: Config;
  readonly registry: Registry;
  /** The secrets and keys that sign a tenant's deliveries, newest first. */
  readonly signingSecrets: (tenantId: string) => Promise<readonly string[]>;
  readonly reports: Pick<LiveReports, "progress">;
  readonly stepWriter: Pick<StepWriter, "store">;
}

/** What a handler is told, and what has come of it so far: the ids of the blobs that it has kept, its steps, its log, the jobs that it has enqueued. */
export function attemptContext(
  job: ClaimedJob,
  resources: AttemptResources,
): {
  readonly context: Omit<JobContext, "signal" | "step" | "previous">;
  readonly stored: readonly string[];
  readonly steps: AttemptSteps;
  readonly log: AttemptLog;
  readonly children: ChildCollector;
} {
  const { blobs, signingSecrets, reports, stepWriter } = resources;
  const { maxBlobBytes } = resources.config;
  const { tenantId, id: jobId, attempt } = job;
  const stored: string[] = [];
  let begun = 0;
  const get = async ({ blob: id }: BlobRef) => {
    const found = isBlobId(id) ? await findBlob(blobs, tenantId, id) : null;
    if (found === null) throw new FatalError(`there is no blob ${id.slice(0, 100)}`);
    return found;
  };
  const put = async (content: BlobInput, { contentType }: { readonly contentType: string }) => {
    if (++begun > MOST_BLOBS) throw new FatalError(`more than ${MOST_BLOBS} blobs`);
    const whole = new Blob([content]);
    if (whole.size > maxBlobBytes) throw new FatalError(`a blob of ${whole.size} bytes: the limit is ${maxBlobBytes}`);
    const id = await keepBlob(blobs, tenantId, whole, contentType);
    stored.push(id);
    return { blob: id };
  };
  const sign = async (body: string) => signWebhook(await signingSecrets(tenantId), jobId, Date.now(), body);
  const traceparent = job.traceParent === null ? null : childTraceParent(job.traceParent, newSpanId());
  const progress = (fraction: number, message?: string) => reports.progress(job, toProgress(fraction, message));
  const log = new AttemptLog();
  const steps = attemptSteps(job, log, stepWriter);
  const children = new ChildCollector(job, resources);
  const told = { tenantId, jobId, attempt, traceparent, blobs: { get, put }, sign, progress, log: log.write };
  return { context: { ...told, ...childrenBy(children.enqueueMany) }, stored, steps, log, children };
}

function attemptSteps(job: ClaimedJob, log: AttemptLog, writer: AttemptResources["stepWriter"]): AttemptSteps {
  const finishedBytes = job.steps === null ? 0 : utf8Bytes(job.steps);
  // Only when there is a step: most jobs have none.
  const payloadBytes = () => (job.payload === null ? 0 : utf8Bytes(job.payload));
  return new AttemptSteps(job.attempt, readSteps(job.steps), finishedBytes, (step) =>
    writer.store(job, step, payloadBytes(), () => log.toJson()),
  );
}

function newSpanId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  // All zero would be no span.
  bytes[7] = (bytes[7] ?? 0) | 1;
  return bytes.toHex();
}
